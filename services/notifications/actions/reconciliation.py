"""The events of notifications as permits compares them after a restore."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.store import reconciliation as store
from services.notifications.store.tables import events
from shared.contracts.reconciliation import KnownEvent, KnownEvents, SubjectSequence, SubjectSequences
from shared.reconciliation import IdSet, Period, stored_ids


def received_events(engine: AsyncEngine, period: Period) -> IdSet:
    """Return the ids of the events of a period that permits sent."""
    return stored_ids(engine, events.c.id, store.received_in(period))


async def list_last_sequences(engine: AsyncEngine, subjects: Sequence[str]) -> SubjectSequences:
    """Return the sequences up to which the events of subjects are stored without a gap."""
    async with engine.connect() as conn:
        found = await store.list_last_sequences(conn, subjects)
    return SubjectSequences(
        subjects=tuple(SubjectSequence(subject=subject, last_sequence=last) for subject, last in found.items())
    )


async def list_known_events(engine: AsyncEngine, event_ids: Sequence[UUID]) -> KnownEvents:
    """Return events that permits does not know, with the last sequences of their subjects."""
    async with engine.connect() as conn:
        found = await store.list_known_events(conn, event_ids)
    last = await list_last_sequences(engine, sorted({row["subject"] for row in found}))
    return KnownEvents(events=tuple(KnownEvent(**row) for row in found), subjects=last.subjects)
