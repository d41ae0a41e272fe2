"""Two gateway processes on one database: what one ends, the other refuses within a minute."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc.jwk import OKPKey

from services.cli.ports import free_ports
from services.gateway.settings import Settings
from tests.gateway.actions.auth.test_client_assertions import ASSERTION_TYPE, sign_assertion
from tests.gateway.conftest import Body
from tests.waiting import wait_until

FORM = {"grant_type": "client_credentials"}
Pair = tuple[httpx2.AsyncClient, httpx2.AsyncClient]


@pytest.fixture
async def both(settings: Settings, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two processes on one database with one public URL, and an HTTP client of each."""
    ports = free_ports(2)
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "services.cli.run", "gateway"),
            env={**os.environ, **_environment(settings, port, public=f"http://127.0.0.1:{ports[0]}")},
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        for port in ports
    ]
    clients = [httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) for port in ports]
    try:
        for http in clients:
            await _wait_until_ready(http)
        yield clients[0], clients[1]
    finally:
        for http in clients:
            await http.aclose()
        for process in started:
            process.terminate()
            await process.wait()


def _environment(settings: Settings, port: int, *, public: str) -> dict[str, str]:
    values = settings.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    values |= {"port": port, "public_url": public}
    return {f"GATEWAY_{name.upper()}": str(value) for name, value in values.items()}


async def _wait_until_ready(http: httpx2.AsyncClient) -> None:

    async def is_ready() -> bool:
        try:
            return (await http.get("/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    await wait_until(is_ready, seconds=60)


async def _sign_in_as_admin(http: httpx2.AsyncClient, settings: Settings) -> dict[str, str]:
    credential = json.loads(Path(str(settings.admin_file)).read_text())
    return await _sign_in(http, credential)


async def _sign_in(http: httpx2.AsyncClient, form: Body) -> dict[str, str]:
    response = await http.post("/oauth2/token", data=FORM | form)
    assert response.status_code == 200, response.text
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


async def _create_party(http: httpx2.AsyncClient, admin: dict[str, str], credential: Body) -> tuple[str, Body]:
    new = {"name": "P", "country": "FR", "roles": ["trader"]}
    party = (await http.post("/v1/parties", json=new, headers=admin)).json()["id"]
    given = await http.post(f"/v1/parties/{party}/credentials", json=credential, headers=admin)
    return party, given.json()


def _make_assertion(key: OKPKey, client: str, issuer: str) -> Body:
    at = int(time.time())
    claims = {"iss": client, "sub": client, "aud": issuer, "iat": at, "exp": at + 60, "jti": uuid4().hex}
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": sign_assertion(key, claims)}


async def test_credential_ended_in_one_process_is_refused_in_the_other(both: Pair, settings: Settings) -> None:
    first, second = both
    admin, issuer = await _sign_in_as_admin(first, settings), str(first.base_url).rstrip("/")
    key = OKPKey.generate_key("Ed25519")
    party, secret = await _create_party(first, admin, {})
    keyed_party, keyed = await _create_party(first, admin, {"public_key": key.as_dict(private=False)})
    disabled, other = await _create_party(first, admin, {})
    spent = _make_assertion(key, keyed["client_id"], issuer)
    tokens = [await _sign_in(first, secret), await _sign_in(first, spent), await _sign_in(first, other)]
    assert (await second.post("/oauth2/token", data=FORM | spent)).status_code == 401, (
        "its jti was used in the other process"
    )
    for token in tokens:
        for _ in range(2):
            assert (await second.get("/v1/me", headers=token)).status_code == 200, "this process caches it too"
    for client, of in ((secret, party), (keyed, keyed_party)):
        await first.delete(f"/v1/parties/{of}/credentials/{client['client_id']}", headers=admin)
    change: dict[str, Any] = {"headers": admin | {"If-Match": "*"}, "json": {"disabled": True}}
    assert (await first.patch(f"/v1/parties/{disabled}", **change)).status_code == 200
    for form in (secret, other, _make_assertion(key, keyed["client_id"], issuer)):
        refused = await second.post("/oauth2/token", data=FORM | form)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")

    async def is_refused(token: dict[str, str]) -> bool:
        return (await second.get("/v1/me", headers=token)).status_code == 401

    for token in tokens:
        await wait_until(partial(is_refused, token))
        assert (await first.get("/v1/me", headers=token)).status_code == 401
