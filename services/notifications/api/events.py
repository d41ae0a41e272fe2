"""/v1/events: the feed, which a party pulls, and acknowledgements. /v1/deliveries: one delivery again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.notifications.actions import acknowledgements as acknowledgement_actions
from services.notifications.actions import feed, redelivery
from services.notifications.api.dependencies import Context, SyncedParty
from services.notifications.api.pagination import PageSize, parse_position, render_cursor
from shared.command_requests import read_command, render_stored_response
from shared.contracts.webhooks import Acknowledgement, EventPattern
from shared.database import new_id, now
from shared.problems import Fault, Invalid
from shared.web import parse_json_body, read_body

router = APIRouter(prefix="/v1")
_PATTERNS_ADAPTER = TypeAdapter(tuple[EventPattern, ...])


@router.get("/events")
async def read_events(
    context: Context,
    party: SyncedParty,
    after: str = "",
    types: Annotated[list[str] | None, Query()] = None,
    limit: PageSize = 50,
) -> Response:
    """Read the party's events after a cursor, oldest first. The gateway waits, this route does not."""
    bodies, next_position = await feed.read(
        context.autocommit_engine,
        party.id,
        after=parse_position(after, "after", empty=0),
        patterns=_parse_patterns(types),
        limit=limit,
    )
    content = f'{{"data":[{",".join(bodies)}],"next_cursor":"{render_cursor(next_position)}"}}'
    return Response(content, media_type="application/json")


@router.post("/events/{id}/acknowledgement")
async def acknowledge(
    request: Request, context: Context, party: SyncedParty, event_id: Annotated[UUID, Path(alias="id")]
) -> Response:
    """Store the party's own result for an event: accepted, with_warnings or not_readable."""
    body = await read_body(request)
    acknowledgement = parse_json_body(request, body, Acknowledgement)
    command = read_command(request, party.id.bytes, body, at=now())
    stored = await acknowledgement_actions.acknowledge(
        context.engine,
        event_id,
        acknowledgement,
        party,
        command,
        acknowledgement_id=new_id(command.at),
        at=command.at,
    )
    return render_stored_response(stored)


@router.post("/deliveries/{id}/retry")
async def retry(
    request: Request, context: Context, party: SyncedParty, delivery_id: Annotated[UUID, Path(alias="id")]
) -> Response:
    """Send one delivery again now, given up or not: 202 with the delivery."""
    command = read_command(request, party.id.bytes, await read_body(request), at=now())
    stored = await redelivery.retry(context.engine, delivery_id, party.id, command, at=command.at)
    return render_stored_response(stored)


def _parse_patterns(types: list[str] | None) -> tuple[str, ...] | None:
    """Parse the requested types, `types=a,b` or `types=a&types=b`; None means all. Raise Invalid."""
    names = tuple(name.strip() for part in types or () for name in part.split(",") if name.strip())
    try:
        return _PATTERNS_ADAPTER.validate_python(names) or None
    except ValidationError:
        detail = "Expected event types such as declaration.accepted, declaration.* or *. Correct `types`."
        raise Invalid("invalid-parameter", detail, [Fault("/query/types", "pattern", detail)]) from None
