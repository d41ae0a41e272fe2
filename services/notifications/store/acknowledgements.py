"""Acknowledgements: the receivers' own results for events. They are never changed, and the latest counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import acknowledgements, deliveries, endpoints, events, feed_entries


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedEvent:
    """An event that a party could receive. `sender` names the receivers of its acknowledgements, as JSON."""

    position: int
    subject: str
    body: str
    filter_keys: tuple[str, ...]
    sender: Mapping[str, Any] | None


async def find_received_event(conn: AsyncConnection, event_id: UUID, party_id: UUID) -> ReceivedEvent | None:
    """Return an event that the party could receive by webhook or feed; None for any other."""
    c = events.c
    is_in_feed = exists().where(feed_entries.c.party_id == party_id, feed_entries.c.position == c.position)
    is_pushed = exists().where(
        endpoints.c.party_id == party_id,
        deliveries.c.endpoint_id == endpoints.c.id,
        deliveries.c.position == c.position,
    )
    query = select(c.position, c.subject, c.body, c.filter_keys, c.sender).where(
        c.id == event_id, c.position.is_not(None), or_(is_in_feed, is_pushed)
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    return ReceivedEvent(
        position=row.position,
        subject=row.subject,
        body=row.body,
        filter_keys=tuple(row.filter_keys or ()),
        sender=row.sender,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredResult:
    """A party's own result for an event, and when it sent it."""

    outcome: str
    message: str | None
    at: datetime


async def list_latest(conn: AsyncConnection, position: int, party_id: UUID, *, limit: int) -> list[StoredResult]:
    """Return up to `limit` results of a party for the event at a position, the latest first."""
    c = acknowledgements.c
    query = select(c.outcome, c.message, c.at).where(c.position == position, c.party_id == party_id)
    rows = await conn.execute(query.order_by(c.at.desc(), c.id.desc()).limit(limit))
    return [StoredResult(outcome=row.outcome, message=row.message, at=row.at) for row in rows]


async def insert_acknowledgement(
    conn: AsyncConnection,
    *,
    acknowledgement_id: UUID,
    position: int,
    party_id: UUID,
    outcome: str,
    message: str | None,
    at: datetime,
) -> None:
    """Insert a party's own result for the event at a position."""
    await conn.execute(
        insert(acknowledgements).values(
            id=acknowledgement_id, position=position, party_id=party_id, outcome=outcome, message=message, at=at
        )
    )
