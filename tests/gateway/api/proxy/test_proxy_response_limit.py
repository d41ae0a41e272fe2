"""The gateway reads responses of other services up to a limit of bytes. Within the limit they pass unchanged."""

import pytest
from aiohttp import web

from shared.contracts.limits import RESPONSE_BYTES
from tests.gateway.conftest import RunningGateway
from tests.gateway.stub_service import ReceivedRequest

PATHS = ("/v1/permits", "/v1/reports/annual?year=2026&side=import&country=FR")


async def respond_with(hub: RunningGateway, path: str, size: int, *, status: int, chunked: bool) -> tuple[int, bytes]:
    """Return the gateway's status and body when permits responds with `size` bytes."""

    async def respond(received: ReceivedRequest) -> web.StreamResponse:
        if received.path != path.partition("?")[0]:
            return web.json_response({})
        if not chunked:
            return web.Response(body=b"x" * size, status=status)
        response = web.StreamResponse(status=status)
        await response.prepare(received.raw)
        for start in range(0, size, 65_536):
            await response.write(b"x" * min(65_536, size - start))
        await response.write_eof()
        return response

    hub.permits.respond = respond
    _, headers = await hub.party("authority", country="FR")
    found = await hub.http.get(path, headers=headers)
    return found.status_code, found.content


@pytest.mark.parametrize("chunked", [False, True])
async def test_response_of_the_limit_passes(hub: RunningGateway, chunked: bool) -> None:
    status, body = await respond_with(hub, PATHS[0], RESPONSE_BYTES, status=200, chunked=chunked)
    assert (status, len(body)) == (200, RESPONSE_BYTES)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("path", "status"), [(PATHS[0], 200), (PATHS[0], 409), (PATHS[1], 503)])
async def test_response_beyond_the_limit_is_refused_once(
    hub: RunningGateway, path: str, status: int, chunked: bool
) -> None:
    found, body = await respond_with(hub, path, RESPONSE_BYTES + 1, status=status, chunked=chunked)
    assert (found, b'"response-too-large"' in body) == (500, True), body[:300]
    assert len(hub.permits.requests_to(path.partition("?")[0])) == 1


async def test_streamed_report_beyond_the_limit_passes(hub: RunningGateway) -> None:
    status, body = await respond_with(hub, PATHS[1], 2 * RESPONSE_BYTES, status=200, chunked=True)
    assert (status, len(body)) == (200, 2 * RESPONSE_BYTES)
