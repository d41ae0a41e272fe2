"""What an owner has sent at will: a test, everything since a moment, one delivery more.

Whoever asks for it is the receiver: it ends the rest that the receiver asked for earlier. Lanes are locked before
deliveries, here as where letters are settled, so that the two never wait for each other.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.commands import Command, Done, keep, kept
from services.notifications.actions.intake import tell_owner
from services.notifications.domain import event_payloads
from services.notifications.store import deliveries, delivery_queues, endpoints, events, rate_limits
from shared.contracts.fields import write_moment
from shared.contracts.webhooks import Replay
from shared.problems import Fault, Invalid, NotFound


async def test(engine: AsyncEngine, endpoint: UUID, command: Command, *, at: datetime) -> Done:
    """Send an `endpoint.test` event to this endpoint only, whatever it listens to. Raises NotFound."""
    async with engine.begin() as conn:
        await events.lock(conn)
        if (done := await kept(conn, command, at=at)) is not None:
            return done
        if await endpoints.own(conn, endpoint, command.party) is None:
            raise NotFound
        await rate_limits.wake(conn, endpoint)
        event, position = await tell_owner(conn, event_payloads.TEST, endpoint, {}, to=[], at=at)
        [delivery] = await deliveries.add(conn, endpoint, [position], at=at)
        await delivery_queues.make_due(conn, endpoint, [event_payloads.endpoint_subject(endpoint)], at=at)
        return await keep(conn, command, {"event_id": str(event), "delivery_id": str(delivery)})


async def replay(engine: AsyncEngine, endpoint: UUID, wanted: Replay, command: Command, *, at: datetime) -> Done:
    """Send an endpoint again what it may hear of a span of time, under the same event ids. Raises NotFound, Invalid."""
    if wanted.since > at:
        text = "since is in the future: nothing was sent after it that could be sent again."
        raise Invalid("invalid-body", text, [Fault("/since", "in-the-future", text)])
    span = deliveries.Span(wanted.since, wanted.until or at, wanted.types, wanted.status == "given_up")
    async with engine.begin() as conn:
        if (done := await kept(conn, command, at=at)) is not None:
            return done
        if await endpoints.own_locked(conn, endpoint, command.party) is None:
            raise NotFound
        await rate_limits.wake(conn, endpoint)
        subjects = await deliveries.missed(conn, endpoint, span)
        await delivery_queues.make_due(conn, endpoint, subjects, at=at)
        count = await deliveries.replay(conn, endpoint, subjects, span, at=at)
        told = {"since": write_moment(span.since), "until": write_moment(span.until), "deliveries": count}
        return await keep(conn, command, told)


async def retry(engine: AsyncEngine, delivery: UUID, command: Command, *, at: datetime) -> Done:
    """Send one delivery again now, given up or not; its lane counts anew. Raises NotFound."""
    async with engine.begin() as conn:
        if (done := await kept(conn, command, at=at)) is not None:
            return done
        lane = await deliveries.lane_of(conn, delivery, command.party)
        if lane is None or await endpoints.own_locked(conn, lane["endpoint_id"], command.party) is None:
            raise NotFound
        await rate_limits.wake(conn, lane["endpoint_id"])
        await delivery_queues.make_due(conn, lane["endpoint_id"], [lane["subject"]], at=at)
        await deliveries.again(conn, delivery)
        return await keep(conn, command, show(dict(await deliveries.one(conn, delivery))))


async def page(
    engine: AsyncEngine, endpoint: UUID, party: UUID, *, status: str | None, before: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Read an endpoint's deliveries, newest first; answers them and where the next page begins, if there is one."""
    async with engine.connect() as conn:
        if await endpoints.own(conn, endpoint, party) is None:
            raise NotFound
        rows = await deliveries.page(conn, endpoint, status=status, before=before, limit=limit + 1)
    return [show(dict(row)) for row in rows[:limit]], rows[limit - 1]["position"] if len(rows) > limit else None


def show(row: dict[str, Any]) -> dict[str, Any]:
    """Write a delivery with its attempts as the endpoint's owner sees it."""
    return {
        "id": str(row["id"]),
        "event_id": str(row["event_id"]),
        "type": row["type"],
        "subject": row["subject"],
        "status": row["status"],
        "created_at": write_moment(row["created_at"]),
        "settled_at": row["settled_at"] and write_moment(row["settled_at"]),
        "next_attempt_at": row["due_at"] and write_moment(row["due_at"]),
        "attempts": [_told(attempt) for attempt in row["attempts"]],
        "acknowledgement": row["acknowledgement"] and _told(row["acknowledgement"]),
    }


def _told(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "at": write_moment(datetime.fromisoformat(said["at"]))}
