"""Events that permits publishes again, because its database is older than that of notifications.

The id of an event is derived from its subject and its sequence. After a restore of permits, notifications may have
other events with the next sequences. So permits continues after the last sequence of notifications. It publishes the
last event of the subject once more, so that the highest sequence states what holds.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from services.permits.store import to_row as w
from shared import outbox
from shared.database import id_in

SUBJECT_TABLES = {
    "declaration": t.declarations,
    "permit": t.permits,
    "application": t.applications,
    "quota": t.quotas,
}
"""The tables whose rows have the sequence of a subject, by the kind in the name of a subject."""


async def list_behind(conn: AsyncConnection, last_sequences: Mapping[str, int]) -> set[str]:
    """Return the subjects whose sequences are lower than these."""
    behind: set[str] = set()
    for kind, table in SUBJECT_TABLES.items():
        ids = [UUID(subject.partition(":")[2]) for subject in last_sequences if subject.startswith(f"{kind}:")]
        if ids:
            rows = await conn.execute(select(table.c.id, table.c.sequence).where(id_in(table.c.id, ids)))
            names = {f"{kind}:{row.id}": row.sequence for row in rows}
            behind |= {name for name, sequence in names.items() if sequence < last_sequences[name]}
    return behind


async def publish_after(conn: AsyncConnection, subject: str, last_sequence: int, *, at: datetime) -> int:
    """Raise the sequence of a subject above `last_sequence`, and publish its state again. Return the number of events.

    Waiting events with a sequence up to `last_sequence` get new ones. If the last event of the subject is not among
    them, it is published again too. Nothing happens if permits lost the subject, or if its sequence is high enough.
    """
    kind, _, subject_id = subject.partition(":")
    table = SUBJECT_TABLES.get(kind)
    if table is None:
        return 0
    locked = select(table.c.sequence).where(table.c.id == UUID(subject_id)).with_for_update()
    sequence: int | None = (await conn.execute(locked)).scalar_one_or_none()
    if sequence is None:
        return 0
    c = t.outbox_events.c
    colliding = select(t.outbox_events).where(c.subject == subject, c.sequence <= last_sequence, c.settled_at.is_(None))
    moved = (await conn.execute(colliding.order_by(c.sequence))).mappings().all()
    if not moved and sequence >= last_sequence:
        return 0
    newest = select(t.outbox_events).where(c.subject == subject).order_by(c.sequence.desc()).limit(1)
    last = (await conn.execute(newest)).mappings().all()
    again = [*moved, *(row for row in last if row not in moved)]
    first = max(sequence, last_sequence) + 1
    if again:
        rows = [_row(row, first + number, at) for number, row in enumerate(again)]
        await conn.execute(insert(t.outbox_events), rows)
    await outbox.settle(conn, t.outbox_events, [row["id"] for row in moved], at=at)
    raised = update(table).where(table.c.id == UUID(subject_id)).values(sequence=first + len(again) - 1)
    await conn.execute(raised)
    return len(again)


def _row(event: RowMapping, sequence: int, at: datetime) -> Mapping[str, Any]:
    """Return an event as a row of the outbox with another sequence."""
    data = {**json.loads(event["data"]), "sequence": sequence}
    return {
        "id": w.event_id(event["subject"], sequence),
        "type": event["type"],
        "subject": event["subject"],
        "sequence": sequence,
        "at": at,
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")),
        "audience": event["audience"],
        "due_at": at,
    }


async def list_settled(conn: AsyncConnection, event_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these events wait no longer."""
    c = t.outbox_events.c
    return set((await conn.execute(select(c.id).where(id_in(c.id, event_ids), c.settled_at.is_not(None)))).scalars())


async def list_subjects(conn: AsyncConnection, event_ids: Collection[UUID]) -> Sequence[str]:
    """List the subjects of events."""
    c = t.outbox_events.c
    return sorted((await conn.execute(select(c.subject).where(id_in(c.id, event_ids)).distinct())).scalars())
