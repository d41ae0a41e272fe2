"""An external issuer on a port of its own: its tokens belong to the parties that the administrator assigned."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from services.cli.ports import free_ports
from services.gateway.api.routes import ROUTES
from services.gateway.clients import external_keys
from tests.gateway.conftest import RunningGateway, declaration, serve_gateway, wait_ready
from tests.waiting import wait_until


@dataclass
class Issuer:
    """A small OpenID provider."""

    url: str
    keys: list[Any]
    unusable_keys: list[Any] = field(default_factory=list)
    fetched: int = 0
    away: bool = False
    runner: Any = field(default=None)

    async def configuration(self, request: web.Request) -> web.Response:
        return web.json_response({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})

    async def jwks(self, request: web.Request) -> web.Response:
        self.fetched += 1
        if self.away:
            return web.Response(status=302, headers={"Location": f"{self.url}/elsewhere"})
        usable = KeySet(self.keys).as_dict(private=False)["keys"]
        return web.json_response({"keys": [*self.unusable_keys, *usable]})

    def token(
        self, subject: str, key: RSAKey | ECKey | None = None, *, header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        at = int(time.time())
        claims = {"iss": self.url, "aud": "saola", "sub": subject, "iat": at, "exp": at + 300} | changes
        signer = key or self.keys[0]
        algorithm = "RS256" if isinstance(signer, RSAKey) else "ES256"
        head = {"alg": algorithm, "kid": signer.kid} | (header or {})
        return jwt.encode(head, claims, signer, algorithms=[algorithm])


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    port = free_ports(1)[0]
    issuer = Issuer(f"http://127.0.0.1:{port}", [RSAKey.generate_key(2048, {"kid": "first"})])
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", issuer.configuration)
    app.router.add_get("/keys", issuer.jwks)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield issuer
    await runner.cleanup()


@pytest.fixture
async def trusting_http(hub: RunningGateway, issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    """A replica of the gateway that trusts the issuer."""
    port = free_ports(1)[0]
    trusting = {"port": port, "public_url": hub.url, "trusted_issuer": issuer.url}
    replica = hub.settings.model_copy(update=trusting)
    async with serve_gateway(replica), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        await wait_ready(http)
        yield http


async def _assign_subject(
    hub: RunningGateway, subject: str, *roles: str, identifiers: dict[str, str] | None = None
) -> tuple[str, str]:
    """Assign a subject of the issuer to a new party. Return its party id and its client id."""
    new = {"name": "O", "country": "FR", "roles": roles or ["trader"], "identifiers": identifiers or {}}
    party = (await hub.http.post("/v1/parties", json=new, headers=hub.admin)).json()["id"]
    path = f"/v1/parties/{party}/credentials"
    given = await hub.http.post(path, json={"subject": subject}, headers=hub.admin)
    assert given.status_code == 201, given.text
    taken = await hub.http.post(path, json={"subject": subject}, headers=hub.admin)
    assert (taken.status_code, taken.json()["code"]) == (409, "subject-taken")
    return party, given.json()["client_id"]


async def _read_me(http: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


async def test_external_token_is_of_the_party_with_its_subject(
    hub: RunningGateway, trusting_http: httpx2.AsyncClient, issuer: Issuer
) -> None:
    party, client = await _assign_subject(hub, "user|7")
    token = issuer.token("user|7")
    assert (await _read_me(trusting_http, token)).json()["id"] == party
    assert (await _read_me(trusting_http, issuer.token("user|8"))).status_code == 401
    assert (await _read_me(hub.http, token)).status_code == 401, "a gateway without a trusted issuer refuses its tokens"
    [row] = (await hub.http.get(f"/v1/parties/{party}/credentials", headers=hub.admin)).json()["data"]
    assert (row["kind"], row["subject"], row["last_used_at"] is not None) == ("subject", "user|7", True)
    await hub.http.delete(f"/v1/parties/{party}/credentials/{client}", headers=hub.admin)

    async def is_refused() -> bool:
        return (await _read_me(trusting_http, token)).status_code == 401

    await wait_until(is_refused)


async def test_external_token_that_is_not_valid_is_401(
    hub: RunningGateway, trusting_http: httpx2.AsyncClient, issuer: Issuer, subtests: pytest.Subtests
) -> None:
    await _assign_subject(hub, "s")
    at = int(time.time())
    bad = {
        "for another audience": issuer.token("s", aud="other"),
        "for several audiences": issuer.token("s", aud=["saola", "other"]),
        "of another issuer": issuer.token("s", iss="https://elsewhere.example"),
        "expired": issuer.token("s", iat=at - 20, exp=at - 10),
        "without an end": issuer.token("s", exp=None),
        "of the future": issuer.token("s", iat=at + 600),
        "not yet valid": issuer.token("s", nbf=at + 600),
        "valid from no time": issuer.token("s", nbf=float("nan")),
        "without a finite end": issuer.token("s", exp=float("inf")),
        "with an end that is no number": issuer.token("s", exp=float("nan")),
        "with an end beyond all numbers": issuer.token("s", exp=10**400),
        "of a logout": issuer.token("s", header={"typ": "logout+jwt"}),
        "by a key of its own making": issuer.token("s", RSAKey.generate_key(2048, {"kid": "first"})),
        "about nobody": issuer.token(""),
        "in pieces": issuer.token("s")[:-5],
    }
    for name, token in bad.items():
        with subtests.test(name):
            assert (await _read_me(trusting_http, token)).status_code == 401
    assert (await _read_me(trusting_http, issuer.token("s"))).status_code == 200


async def test_external_keys_are_fetched_for_a_new_key_but_not_too_often(
    hub: RunningGateway, trusting_http: httpx2.AsyncClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _assign_subject(hub, "s")
    assert (await _read_me(trusting_http, issuer.token("s"))).status_code == 200
    assert issuer.fetched == 1
    stranger = ECKey.generate_key("P-256", {"kid": "made-up"})
    for _ in range(5):
        assert (await _read_me(trusting_http, issuer.token("s", stranger))).status_code == 401
    assert issuer.fetched == 1, "at most one fetch in ten seconds"
    monkeypatch.setattr(external_keys, "MIN_FETCH_INTERVAL", 0.0)
    issuer.keys.insert(0, ECKey.generate_key("P-256", {"kid": "second"}))
    assert (await _read_me(trusting_http, issuer.token("s"))).status_code == 200
    assert (await _read_me(trusting_http, issuer.token("s", issuer.keys[1]))).status_code == 200, (
        "both keys are valid during a rotation"
    )
    issuer.away = True
    monkeypatch.setattr(external_keys, "MAX_AGE_SECONDS", 0.0)
    assert (await _read_me(trusting_http, issuer.token("s", jti="x"))).status_code == 200, (
        "cached keys stay valid while the issuer is unavailable"
    )


async def test_external_token_with_a_type_of_access_tokens_is_accepted(
    hub: RunningGateway, trusting_http: httpx2.AsyncClient, issuer: Issuer, subtests: pytest.Subtests
) -> None:
    await _assign_subject(hub, "s")
    for typ in ("at+jwt", "application/at+jwt", "AT+JWT", "JWT"):
        with subtests.test(typ):
            token = issuer.token("s", header={"typ": typ})
            assert (await _read_me(trusting_http, token)).status_code == 200


async def test_external_keys_with_unusable_entries_are_used_without_them(
    hub: RunningGateway, trusting_http: httpx2.AsyncClient, issuer: Issuer
) -> None:
    await _assign_subject(hub, "s")
    issuer.unusable_keys = [
        {"kty": "EC", "kid": "curve", "crv": "BP-256", "x": "AAAA", "y": "AAAA", "use": "sig"},
        {"kty": "RSA", "kid": "member-missing", "e": "AQAB"},
        {"kty": "OKP", "kid": "length", "crv": "Ed448", "x": "AAAA"},
        {"kty": "OKP", "kid": "length", "crv": "X448", "x": "AAAA"},
        {"kty": "AKP", "kid": "type", "alg": "ML-DSA-44", "pub": "AAAA"},
        "no key",
    ]
    assert (await _read_me(trusting_http, issuer.token("s"))).status_code == 200


async def test_external_token_is_valid_on_every_route(
    hub: RunningGateway, trusting_http: httpx2.AsyncClient, issuer: Issuer
) -> None:
    await _assign_subject(hub, "s", "trader", "customs", "authority", "partner", "admin")
    headers = {"Authorization": f"Bearer {issuer.token('s')}", "Idempotency-Key": "k", "If-Match": '"1"'}
    routes = [route for route in ROUTES if route.permission]
    assert len(routes) > 50
    for route in routes:
        path = re.sub(r"\{\w+\}", str(uuid4()), route.path)
        response = await trusting_http.request(route.method, path, json={}, headers=headers)
        assert response.status_code != 401, (route.method, route.path, response.text)


async def test_external_caller_waits_for_the_checks_of_its_declaration(
    hub: RunningGateway, trusting_http: httpx2.AsyncClient, issuer: Issuer
) -> None:
    _, client = await _assign_subject(hub, "s", identifiers={"EORI": "FR99988877700011"})
    headers = {"Authorization": f"Bearer {issuer.token('s')}", "Idempotency-Key": "k", "Prefer": "wait=1"}
    lodged = await trusting_http.post("/v1/declarations", json=declaration(), headers=headers)
    assert lodged.status_code == 202, lodged.text
    await trusting_http.get(lodged.headers["Location"], headers=headers)
    readings = [one for one in hub.permits.requests if one.method == "GET" and not one.path.startswith("/internal/")]
    assert {request.caller.client for request in readings} == {client}
