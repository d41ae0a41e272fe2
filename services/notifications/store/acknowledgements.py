"""What receivers themselves said of an event; never changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import acknowledgements

_FIND_RECEIVED = text("""
    SELECT e.position, e.subject, e.body, e.filter_keys, e.sender FROM events e
    WHERE e.id = :event AND e.position IS NOT NULL AND (
        EXISTS (SELECT FROM feed_entries f WHERE f.party_id = :party AND f.position = e.position)
        OR EXISTS (
            SELECT FROM endpoints n JOIN deliveries d ON d.endpoint_id = n.id AND d.position = e.position
            WHERE n.party_id = :party
        )
    )
""")


async def find_received_event(conn: AsyncConnection, event_id: UUID, party_id: UUID) -> RowMapping | None:
    """Read an event that the party could hear, pushed or pulled: position, subject, body, filter keys, sender."""
    return (await conn.execute(_FIND_RECEIVED, {"event": event_id, "party": party_id})).mappings().one_or_none()


async def insert_acknowledgement(conn: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Write one verdict: id, position, party_id, outcome, message, at."""
    await conn.execute(insert(acknowledgements).values(**row))
