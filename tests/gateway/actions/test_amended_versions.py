"""The version of an amendment that was cut off: the gateway reads it from permits, by command or by digest."""

import hashlib
import json
from typing import Any

from aiohttp import web
from sqlalchemy import text

from shared.contracts.fields import render_digest
from tests.gateway.conftest import RunningGateway, declaration
from tests.gateway.stub_service import ReceivedRequest, problem_response

BYTES = json.dumps(declaration("AMENDED")).encode()
DIGEST = render_digest(hashlib.sha256(BYTES).digest())


async def _amend_without_response(hub: RunningGateway, header: dict[str, str]) -> str:
    """Lodge and amend a declaration. The gateway never reads the version. Return the path of the declaration."""
    path = f"/v1/declarations/{(await hub.lodge(header, declaration())).json()['id']}"
    sent = header | {"If-Match": "*", "Content-Type": "application/json"}
    await hub.http.put(path, content=BYTES, headers=sent)
    return path


async def _stored_command(hub: RunningGateway) -> str:
    async with hub.context.engine.connect() as conn:
        return str((await conn.execute(text("SELECT command_id FROM amendments"))).scalar_one())


def _state_versions(hub: RunningGateway, *versions: dict[str, Any]) -> None:
    async def respond(received: ReceivedRequest) -> web.StreamResponse | None:
        if received.path.endswith("/versions"):
            return web.json_response({"versions": versions})
        return None

    hub.permits.respond = respond


def _readings_of_versions(hub: RunningGateway) -> int:
    """Return how often permits was asked for versions. Other tasks of the gateway ask it at any time."""
    return len([one for one in hub.permits.requests if one.path.endswith("/versions")])


async def test_version_without_a_number_is_read_from_permits_by_its_command(hub: RunningGateway) -> None:
    header = await hub.trader()
    path = await _amend_without_response(hub, header)
    assert (await hub.http.get(f"{path}/content", headers=header)).content != BYTES
    _state_versions(hub, {"version": 2, "command": await _stored_command(hub), "digest": DIGEST})
    assert (await hub.http.get(f"{path}/content", headers=header)).content == BYTES
    before = _readings_of_versions(hub)
    assert (await hub.http.get(f"{path}/content?version=2", headers=header)).content == BYTES
    assert _readings_of_versions(hub) == before > 0, "the number is stored"


async def test_version_without_a_command_is_read_from_permits_by_its_digest(hub: RunningGateway) -> None:
    header = await hub.trader()
    path = await _amend_without_response(hub, header)
    _state_versions(hub, {"version": 2, "command": None, "digest": DIGEST})
    assert (await hub.http.get(f"{path}/content?version=2", headers=header)).content == BYTES


async def test_version_that_permits_may_have_made_is_unavailable_without_permits(hub: RunningGateway) -> None:
    header = await hub.trader()
    path = await _amend_without_response(hub, header)

    async def respond(received: ReceivedRequest) -> web.StreamResponse:
        return problem_response(503, "database-unavailable")

    hub.permits.respond = respond
    for part in ("content", "receipt"):
        response = await hub.http.get(f"{path}/{part}", headers=header)
        assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")
        assert (await hub.http.get(f"{path}/{part}?version=1", headers=header)).status_code == 200
