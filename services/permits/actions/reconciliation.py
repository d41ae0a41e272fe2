"""The reconciliation of permits with its neighbours in the chain: the gateway asks, and notifications is asked.

The gateway compares the submissions that it settled with the declarations of permits. The worker compares the events
that it settled with those of notifications. Both send again what the receiver lost in a restore.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import reconciliation as store
from services.permits.store.tables import amended_versions as versions
from services.permits.store.tables import declarations, outbox_events
from shared import id_groups
from shared.contracts.reconciliation import IdList, KnownAmendment, KnownDeclaration, SubjectList, SubjectSequences
from shared.database import now
from shared.logs import logger
from shared.reconciliation import (
    Difference,
    IdSet,
    Period,
    Reconciliation,
    find_differences,
    read_model,
    remote_ids,
    stored_ids,
)
from shared.service_client import ServiceClient

EVENT_DIGITS = 2
"""Digits of the groups of events. Their ids are derived, so each of 256 groups has the same share of them."""
COMPARED_DAYS = timedelta(days=29)
"""The age up to which events are compared. Notifications may delete older ones: it keeps them for 30 days."""
NAMED_IDS = 20
"""The most ids of one log line."""


def lodged_declarations(engine: AsyncEngine, period: Period) -> IdSet:
    """Return the ids of the declarations that the gateway assigned in a period."""
    return stored_ids(engine, declarations.c.id, store.lodged_in(period))


async def list_known_declarations(engine: AsyncEngine, ids: Collection[UUID]) -> tuple[KnownDeclaration, ...]:
    """Return the declarations that the gateway lost, as far as permits knows them."""
    async with engine.connect() as conn:
        rows = await store.list_known_declarations(conn, ids)
    return tuple(
        KnownDeclaration(
            id=row["id"],
            party=row["party_id"],
            trader=row["trader_id"],
            reference=row["reference"],
            received_at=row["first_received_at"],
            version=row["version"],
            digest=None if row["is_amended"] else row["digest"],
        )
        for row in rows
    )


def amended_versions(engine: AsyncEngine, period: Period) -> IdSet:
    """Return the commands that amended the declarations of a period."""
    return stored_ids(engine, versions.c.command_id, store.amended_in(period))


async def list_known_amendments(
    engine: AsyncEngine, period: Period, command_ids: Collection[UUID]
) -> tuple[KnownAmendment, ...]:
    """Return the amendments that the gateway lost, as far as permits knows them."""
    async with engine.connect() as conn:
        rows = await store.list_known_amendments(conn, period, command_ids)
    return tuple(
        KnownAmendment(
            command=row["command_id"],
            declaration=row["declaration_id"],
            party=row["party_id"],
            version=row["version"],
            digest=row["digest"],
        )
        for row in rows
    )


class EventReconciler:
    """Compares the sent events with those that notifications stores. It reports an event that it cannot mend once."""

    def __init__(self, notifications: ServiceClient) -> None:
        self._notifications = notifications
        self._reported: set[UUID] = set()

    def make_reconciliation(self) -> Reconciliation:
        """Return the reconciliation of events for the periodic jobs."""
        return Reconciliation("events", self.reconcile, _find_first)

    async def reconcile(self, engine: AsyncEngine, period: Period) -> int:
        """Send the events of a period again that notifications lost. Return their number.

        Raise ServiceUnreachable or ResponseLost.
        """
        oldest = now() - COMPARED_DAYS
        if period.until <= oldest:
            return 0
        period = Period(since=max(period.since, oldest), until=period.until)
        sent = stored_ids(engine, outbox_events.c.id, store.sent_in(period))
        received = remote_ids(self._notifications, "/internal/event-ids", period, sender="permits")

        async def list_existing(ids: Collection[UUID]) -> set[UUID]:
            async with engine.connect() as conn:
                return await id_groups.list_existing(conn, outbox_events.c.id, ids)

        mended = 0
        async for difference in find_differences(sent, received, list_existing, digits=EVENT_DIGITS):
            mended += await self._mend(engine, difference)
        return mended

    async def _mend(self, engine: AsyncEngine, difference: Difference) -> int:
        """Send the missing events of a group again, with all later events of their subjects that are missing too."""
        if difference.unknown:
            await self._raise_sequences(engine, difference.unknown)
        missing = difference.missing
        if not missing:
            return 0
        async with engine.connect() as conn:
            subjects = await store.list_subjects(conn, missing)
        known = await read_model(
            self._notifications,
            "POST",
            "/internal/event-sequences",
            SubjectSequences,
            sender="permits",
            body=SubjectList(subjects=tuple(subjects)),
        )
        last_sequences = {one.subject: one.last_sequence for one in known.subjects}
        async with engine.begin() as conn:
            again = await store.send_events_again(conn, subjects, last_sequences, at=now())
        logger().warning("reconciliation.found", messages="events", missing=len(missing), sent_again=again)
        return again

    async def _raise_sequences(self, engine: AsyncEngine, event_ids: frozenset[UUID]) -> None:
        """Raise the sequences of subjects above the events that permits lost. Log the lost events once."""
        known = await read_model(
            self._notifications,
            "POST",
            "/internal/known-events",
            SubjectSequences,
            sender="permits",
            body=IdList(ids=tuple(sorted(event_ids))),
        )
        async with engine.begin() as conn:
            await store.raise_sequences(conn, {one.subject: one.last_sequence for one in known.subjects})
        unknown = event_ids - self._reported
        self._reported.update(unknown)
        if unknown:
            ids = [str(event_id) for event_id in sorted(unknown)[:NAMED_IDS]]
            logger().error(
                "reconciliation.failed", messages="events", reason=UNKNOWN_EVENTS, count=len(unknown), ids=ids
            )


UNKNOWN_EVENTS = (
    "Notifications published these events, and permits does not know them: its database is older than the feed. "
    "Customs and authorities repeat the decisions after the time of the backup."
)


async def _find_first(engine: AsyncEngine, at: datetime) -> datetime:
    """Return the time of the oldest event that is compared."""
    return at - COMPARED_DAYS
