"""/v1/webhook-endpoints: where a party wants its news sent."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response

from services.notifications.actions import backlog, endpoint_verification, endpoints, redelivery, signing_secrets
from services.notifications.api.commands import answer, command
from services.notifications.api.dependencies import Known, engine, house
from services.notifications.api.pagination import Limit, etag, read_id, read_position, versions, write_cursor
from shared.contracts.webhooks import EndpointChange, NewEndpoint, Replay
from shared.database import new_id, now
from shared.web import json_of, read_body, read_json

router = APIRouter(prefix="/v1/webhook-endpoints")
Status = Literal["pending", "delivered", "given_up", "dropped"]
BEYOND_ALL = 2**62


@router.post("")
async def create(request: Request, party: Known) -> Response:
    """Make an endpoint: 201 with its id and its secret, which is shown this once (Standard Webhooks, `whsec_`)."""
    body = await read_body(request)
    done = await endpoints.create(
        engine(request),
        json_of(request, body, NewEndpoint),
        command(request, party, body),
        house(request),
        id=new_id(),
        at=now(),
    )
    place = {"Location": f"/v1/webhook-endpoints/{done.answer['id']}", "ETag": etag(done.answer["version"])}
    return answer(done, 201, place)


@router.get("")
async def page(request: Request, party: Known, limit: Limit = 50, cursor: str = "") -> Response:
    """List one's endpoints, newest first."""
    data, more = await endpoints.page(
        engine(request), party.id, house(request), before=read_id(cursor, "cursor"), limit=limit
    )
    return JSONResponse({"data": data, "next_cursor": write_cursor(data[-1]["id"]) if more else None})


@router.get("/{id}")
async def read(request: Request, party: Known, id: UUID) -> Response:
    """Read one endpoint of one's own."""
    return _endpoint(await endpoints.read(engine(request), id, party.id, house(request)))


@router.patch("/{id}")
async def change(
    request: Request, party: Known, id: UUID, if_match: Annotated[str | None, Header()] = None
) -> Response:
    """Change what is named of an endpoint, paused too; demands If-Match (428 without, 412 when stale)."""
    wanted = versions(if_match)
    given = await read_json(request, EndpointChange)
    at = now()
    shown, rest = await endpoints.change(engine(request), id, party.id, given, house(request), versions=wanted, at=at)
    answered = _endpoint(shown)
    answered.background = BackgroundTask(backlog.wake_rest, engine(request), id, after=rest, at=at)
    return answered


@router.delete("/{id}", status_code=204)
async def delete(request: Request, party: Known, id: UUID) -> None:
    """Delete an endpoint, and with it what is still to be sent to it."""
    await endpoints.delete(engine(request), id, party.id, at=now())


@router.post("/{id}/rotate-secret")
async def rotate_secret(request: Request, party: Known, id: UUID) -> Response:
    """Give a new secret, shown this once; the old one signs beside it for 24 hours."""
    asked = command(request, party, await read_body(request))
    return answer(await signing_secrets.rotate(engine(request), id, asked, house(request), at=now()), 200)


@router.post("/{id}/verification")
async def verification(request: Request, party: Known, id: UUID) -> Response:
    """Send a pending endpoint a new challenge: 202 with the ids of the event and the delivery."""
    asked = command(request, party, await read_body(request))
    return answer(await endpoint_verification.pose_again(engine(request), id, asked, at=now()), 202)


@router.post("/{id}/test")
async def test(request: Request, party: Known, id: UUID) -> Response:
    """Send an `endpoint.test` event to this endpoint only: 202 with the ids of the event and the delivery."""
    asked = command(request, party, await read_body(request))
    return answer(await redelivery.test(engine(request), id, asked, at=now()), 202)


@router.post("/{id}/replay")
async def replay(request: Request, party: Known, id: UUID) -> Response:
    """Send again what a span of time holds, of some types or what was given up, under the same event ids: 202."""
    body = await read_body(request)
    wanted = json_of(request, body, Replay)
    return answer(await redelivery.replay(engine(request), id, wanted, command(request, party, body), at=now()), 202)


@router.get("/{id}/deliveries")
async def deliveries(
    request: Request,
    party: Known,
    id: UUID,
    status: Annotated[Status | None, Query()] = None,
    limit: Limit = 50,
    cursor: str = "",
) -> Response:
    """List an endpoint's deliveries with every attempt (at, status, duration_ms, reason), newest first."""
    before = read_position(cursor, "cursor", empty=BEYOND_ALL)
    data, further = await redelivery.page(engine(request), id, party.id, status=status, before=before, limit=limit)
    return JSONResponse({"data": data, "next_cursor": None if further is None else write_cursor(further)})


def _endpoint(shown: dict[str, object]) -> Response:
    return JSONResponse(shown, headers={"ETag": etag(int(str(shown["version"])))})
