"""The caller of an internal route: its token is for this request, and the right service signed it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

from shared.contracts.closed_sets import Role
from shared.contracts.parties import Caller, Party
from shared.database import now
from shared.internal_auth import CallingGateway, CallingParty, CallingPermits, trust_services
from shared.key_files import KeyFile, create_signing_keys
from shared.signed_tokens import InternalTokenSigner, InternalTokenVerifier
from shared.web import create_service_app
from tests.internal_calls import SignedCalls, caller_header

PARTY = Party(id=uuid4(), name="P", country="FR", roles=(Role.TRADER,))
GATEWAY, PERMITS = Caller(service="gateway"), Caller(service="permits")
GATEWAY_FOR_PARTY, PERMITS_FOR_PARTY = (Caller(service=name, party=PARTY) for name in ("gateway", "permits"))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield


async def _ready() -> None:
    """Return no reason: the app is ready at once."""


@pytest.fixture
def signers(tmp_path: Path) -> tuple[InternalTokenSigner, ...]:
    """The signers of the two services."""
    for name in ("gateway", "permits"):
        create_signing_keys(tmp_path / f"{name}.json", tmp_path / f"{name}.public.json")
    return tuple(InternalTokenSigner(name, KeyFile(tmp_path / f"{name}.json")) for name in ("gateway", "permits"))


@pytest.fixture
async def http(tmp_path: Path, signers: tuple[InternalTokenSigner, ...]) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an app with one route per kind of caller."""
    app = create_service_app(title="Test", version="1", lifespan=_lifespan, reason_not_ready=_ready)
    trusted = {name: KeyFile(tmp_path / f"{name}.public.json") for name in ("gateway", "permits")}
    trust_services(app, InternalTokenVerifier("service", trusted))

    @app.get("/party/{name}")
    async def read_as_party(name: str, party: CallingParty) -> str:
        return str(party.id)

    @app.post("/party/{name}")
    async def write_as_party(name: str, party: CallingParty) -> str:
        return str(party.id)

    @app.get("/gateway")
    async def read_as_gateway(service: CallingGateway) -> str:
        return service

    @app.get("/permits")
    async def read_as_permits(service: CallingPermits) -> str:
        return service

    transport, auth = httpx2.ASGITransport(app=app), SignedCalls("service", *signers)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service", auth=auth) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "caller", "expected"),
    [
        ("/party/a", GATEWAY_FOR_PARTY, 200),
        ("/party/a", PERMITS_FOR_PARTY, "service-not-allowed"),
        ("/party/a", PERMITS, "service-not-allowed"),
        ("/party/a", GATEWAY, "party-required"),
        ("/gateway", GATEWAY, 200),
        ("/gateway", PERMITS, "service-not-allowed"),
        ("/gateway", GATEWAY_FOR_PARTY, "service-required"),
        ("/permits", PERMITS, 200),
        ("/permits", GATEWAY, "service-not-allowed"),
        ("/permits", PERMITS_FOR_PARTY, "service-required"),
    ],
)
async def test_internal_route_accepts_its_own_signer_only(
    http: httpx2.AsyncClient, path: str, caller: Caller, expected: int | str
) -> None:
    response = await http.get(path, headers=caller_header(caller))
    assert (200 if response.status_code == 200 else response.json()["code"]) == expected


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/party/a%20b", 200),
        ("GET", "/party/a%20b?limit=2", 200),
        ("POST", "/party/a%20b", 401),
        ("GET", "/party/other", 401),
        ("GET", "/gateway", 401),
    ],
)
async def test_internal_token_is_valid_for_its_method_and_path_only(
    http: httpx2.AsyncClient, signers: tuple[InternalTokenSigner, ...], method: str, path: str, expected: int
) -> None:
    signer = signers[0]
    token = signer.sign(GATEWAY_FOR_PARTY, audience="service", method="GET", path="/party/a b", at=now())
    response = await http.request(method, path, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == expected
