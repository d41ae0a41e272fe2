"""Declarations and events by id, as the gateway and notifications compare them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from services.permits.store.from_row import Row
from shared import outbox
from shared.database import id_in, lowest_id
from shared.reconciliation import Period


def lodged_in(period: Period) -> ColumnElement[bool]:
    """Return the condition on declarations whose ids the gateway assigned in a period."""
    c = t.declarations.c
    return and_(c.id >= lowest_id(period.since), c.id < lowest_id(period.until))


def amended_in(period: Period) -> ColumnElement[bool]:
    """Return the condition on amendments of declarations whose ids the gateway assigned in a period."""
    c = t.amended_versions.c
    lodged = and_(c.declaration_id >= lowest_id(period.since), c.declaration_id < lowest_id(period.until))
    return and_(lodged, c.command_id.is_not(None))


def sent_in(period: Period) -> ColumnElement[bool]:
    """Return the condition on settled events of a period."""
    c = t.outbox_events.c
    return and_(c.at >= period.since, c.at < period.until, c.settled_at.is_not(None))


async def list_known_declarations(conn: AsyncConnection, ids: Collection[UUID]) -> Sequence[Row]:
    """List declarations by id: party, trader, reference, time of receipt, and the digest of their last version."""
    c, h, amended = t.declarations.c, t.declaration_history.c, t.amended_versions.c
    received_at = select(func.min(h.at)).where(h.declaration_id == c.id).scalar_subquery()
    is_amended = select(amended.version).where(amended.declaration_id == c.id).exists()
    query = select(
        c.id,
        c.party_id,
        c.trader_id,
        c.reference,
        c.version,
        c.digest,
        received_at.label("first_received_at"),
        is_amended.label("is_amended"),
    )
    return (await conn.execute(query.where(id_in(c.id, ids)))).mappings().all()


async def list_known_amendments(conn: AsyncConnection, period: Period, command_ids: Collection[UUID]) -> Sequence[Row]:
    """List amendments of declarations of a period by command, with the party of their declaration."""
    c, declaration = t.amended_versions.c, t.declarations.c
    query = (
        select(t.amended_versions, declaration.party_id)
        .join(t.declarations, declaration.id == c.declaration_id)
        .where(amended_in(period), id_in(c.command_id, command_ids))
    )
    return (await conn.execute(query)).mappings().all()


async def send_events_again(
    conn: AsyncConnection, subjects: Collection[str], last_sequences: Mapping[str, int], *, at: datetime
) -> int:
    """Make the events of subjects due again that follow the last sequences of the receiver. Return their number."""
    c = t.outbox_events.c
    later = or_(*(and_(c.subject == subject, c.sequence > last_sequences.get(subject, 0)) for subject in subjects))
    return await outbox.send_again(conn, t.outbox_events, later, at=at)
