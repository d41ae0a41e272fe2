"""Events by id and by subject, as permits compares them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Text, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import events, subjects
from shared.database import id_in
from shared.reconciliation import Period

OWN_SUBJECTS = "endpoint:"
"""The subjects of the events that notifications publishes itself."""
_LAST_SEQUENCES = select(subjects.c.subject, subjects.c.last_sequence).where(
    subjects.c.subject == func.any(bindparam("subjects", type_=ARRAY(Text)))
)


def received_in(period: Period) -> ColumnElement[bool]:
    """Return the condition on the events of a period that permits sent."""
    c = events.c
    return and_(c.at >= period.since, c.at < period.until, ~c.subject.startswith(OWN_SUBJECTS))


async def list_known_events(conn: AsyncConnection, event_ids: Collection[UUID]) -> Sequence[RowMapping]:
    """List events by id: type, subject and sequence."""
    c = events.c
    query = select(c.id, c.type, c.subject, c.sequence).where(id_in(c.id, event_ids)).order_by(c.subject, c.sequence)
    return (await conn.execute(query)).mappings().all()


async def list_last_sequences(conn: AsyncConnection, names: Sequence[str]) -> dict[str, int]:
    """Return the last sequences of subjects that have one."""
    rows = await conn.execute(_LAST_SEQUENCES, {"subjects": list(names)})
    return {row.subject: row.last_sequence for row in rows}
