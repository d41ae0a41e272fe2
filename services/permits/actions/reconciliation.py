"""The reconciliation of permits with its neighbours in the chain: the gateway asks, and notifications is asked.

The gateway compares the submissions that it settled with the declarations of permits. The worker compares the events
that it settled with those of notifications. Both send again what the receiver lost in a restore.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import reconciliation as store
from services.permits.store import republished_events
from services.permits.store.tables import amended_versions as versions
from services.permits.store.tables import declarations, outbox_events
from shared import id_groups
from shared.contracts.messages import SEQUENCE_TAKEN
from shared.contracts.reconciliation import (
    IdList,
    KnownAmendment,
    KnownDeclaration,
    KnownEvents,
    SubjectList,
    SubjectSequence,
    SubjectSequences,
)
from shared.database import now
from shared.logs import logger
from shared.message_batches import Refusals
from shared.reconciliation import (
    Difference,
    IdSet,
    Period,
    Reconciliation,
    find_differences,
    read_model,
    remote_ids,
    report_lost,
    stored_ids,
)
from shared.reconciliation_state import Loss, Mended
from shared.service_client import ServiceClient

EVENT_DIGITS = 2
"""Digits of the groups of events. Their ids are derived, so each of 256 groups has the same share of them."""
COMPARED_DAYS = timedelta(days=29)
"""The age up to which events are compared. Notifications may delete older ones: it keeps them for 30 days."""
MESSAGES = "events"
LOST_EVENTS = Loss(
    code="event",
    reason="Notifications published these events, and permits does not know them: its database is older than the feed. "
    "Customs and authorities repeat the decisions after the time of the backup.",
)


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
    """Compares the sent events with those that notifications stores. It names each event that permits lost."""

    def __init__(self, notifications: ServiceClient) -> None:
        self._notifications = notifications

    def make_reconciliation(self) -> Reconciliation:
        """Return the reconciliation of events for the periodic jobs."""
        return Reconciliation(MESSAGES, self.reconcile, _find_first)

    async def reconcile(self, engine: AsyncEngine, period: Period) -> Mended:
        """Send the events of a period again that notifications lost, and publish those after which permits is older.

        Return their number.

        Raise ServiceUnreachable or ResponseLost.
        """
        oldest = now() - COMPARED_DAYS
        if period.until <= oldest:
            return Mended()
        period = Period(since=max(period.since, oldest), until=period.until)
        sent = stored_ids(engine, outbox_events.c.id, store.sent_in(period))
        received = remote_ids(self._notifications, "/internal/event-ids", period, sender="permits")

        async def list_existing(ids: Collection[UUID]) -> set[UUID]:
            async with engine.connect() as conn:
                return await id_groups.list_existing(conn, outbox_events.c.id, ids)

        mended = 0
        async for difference in find_differences(sent, received, list_existing, digits=EVENT_DIGITS):
            mended += await self._mend(engine, difference)
        return Mended(sent_again=mended)

    async def _mend(self, engine: AsyncEngine, difference: Difference) -> int:
        """Send the missing events of a group again, with all later events of their subjects that are missing too.

        Publish the subjects of events that permits lost again. Return the number of events.
        """
        again = await self._publish_after(engine, difference.unknown) if difference.unknown else 0
        missing = difference.missing
        if not missing:
            return again
        async with engine.connect() as conn:
            subjects = await republished_events.list_subjects(conn, missing)
        known = await _read_last_sequences(self._notifications, subjects)
        last_sequences = {one.subject: one.last_sequence for one in known.subjects}
        async with engine.begin() as conn:
            sent_again = await store.send_events_again(conn, subjects, last_sequences, at=now())
        logger().warning("reconciliation.found", messages=MESSAGES, missing=len(missing), sent_again=sent_again)
        return sent_again + again

    async def _publish_after(self, engine: AsyncEngine, event_ids: frozenset[UUID]) -> int:
        """Publish the subjects of lost events again, after those events. Store which events are lost."""
        known = await read_model(
            self._notifications,
            "POST",
            "/internal/known-events",
            KnownEvents,
            sender="permits",
            body=IdList(ids=tuple(sorted(event_ids))),
        )
        lost = {one.id: f"{one.subject} {one.sequence} {one.type}" for one in known.events}
        await report_lost(engine, MESSAGES, LOST_EVENTS, lost)
        async with engine.connect() as conn:
            behind = await republished_events.list_behind(conn, {s.subject: s.last_sequence for s in known.subjects})
        return await _publish_after(engine, [one for one in known.subjects if one.subject in behind])


async def publish_refused(engine: AsyncEngine, notifications: ServiceClient, refusals: Refusals) -> Refusals:
    """Publish events under new sequences if notifications has other events with theirs. Return the other refusals.

    Raise ServiceUnreachable or ResponseLost.
    """
    taken = [event_id for event_id, reason in refusals.items() if reason == SEQUENCE_TAKEN]
    if not taken:
        return refusals
    async with engine.connect() as conn:
        subjects = await republished_events.list_subjects(conn, taken)
    await _publish_after(engine, (await _read_last_sequences(notifications, subjects)).subjects)
    async with engine.connect() as conn:
        published = await republished_events.list_settled(conn, taken)
    return {event_id: reason for event_id, reason in refusals.items() if event_id not in published}


async def _publish_after(engine: AsyncEngine, last_sequences: Sequence[SubjectSequence]) -> int:
    """Publish the state of subjects again after the last events of notifications. Return the number of events.

    Each subject has a transaction of its own, so that no two locks wait for each other.
    """
    again = 0
    for one in last_sequences:
        async with engine.begin() as conn:
            again += await republished_events.publish_after(conn, one.subject, one.last_sequence, at=now())
    if again:
        logger().warning("reconciliation.found", messages=MESSAGES, published_again=again)
    return again


async def _read_last_sequences(notifications: ServiceClient, subjects: Sequence[str]) -> SubjectSequences:
    """Return the last sequences of subjects in notifications. Raise ServiceUnreachable or ResponseLost."""
    return await read_model(
        notifications,
        "POST",
        "/internal/event-sequences",
        SubjectSequences,
        sender="permits",
        body=SubjectList(subjects=tuple(subjects)),
    )


async def _find_first(engine: AsyncEngine, at: datetime) -> datetime:
    """Return the time of the oldest event that is compared."""
    return at - COMPARED_DAYS
