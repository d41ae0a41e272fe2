"""The challenge by which an endpoint proves that who named its address also answers there."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.actions.commands import Command, Done, keep, kept
from services.notifications.actions.intake import tell_owner
from services.notifications.domain import event_payloads
from services.notifications.store import deliveries, delivery_queues, endpoints, events
from shared.problems import Conflict, NotFound


async def pose(conn: AsyncConnection, endpoint: UUID, challenge: str, *, at: datetime) -> tuple[UUID, UUID]:
    """Send an endpoint its challenge, to it alone; answers the ids of event and delivery. The intake lock is held."""
    data = {"challenge": challenge}
    event, position = await tell_owner(conn, event_payloads.VERIFICATION, endpoint, data, to=[], at=at)
    [delivery] = await deliveries.add(conn, endpoint, [position], at=at)
    await delivery_queues.make_due(conn, endpoint, [event_payloads.endpoint_subject(endpoint)], at=at)
    return event, delivery


async def pose_again(engine: AsyncEngine, endpoint: UUID, command: Command, *, at: datetime) -> Done:
    """Send a pending endpoint a new challenge now. Raises NotFound, Conflict when there is nothing to prove."""
    async with engine.begin() as conn:
        await events.lock(conn)
        if (done := await kept(conn, command, at=at)) is not None:
            return done
        row = await endpoints.own_locked(conn, endpoint, command.party)
        if row is None:
            raise NotFound
        if row["status"] != "pending":
            raise Conflict("not-pending", f"The endpoint is {row['status']}; only a pending one has to prove itself.")
        event, delivery = await pose(conn, endpoint, secrets.token_urlsafe(24), at=at)
        return await keep(conn, command, {"event_id": str(event), "delivery_id": str(delivery)})
