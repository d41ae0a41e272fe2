"""The reconciliation of submissions with the declarations of permits, after a restore of one of the two databases.

Permits may have lost declarations that the gateway settled: the gateway sends them again, and permits checks them. The
gateway may have lost submissions that permits stores: the gateway takes over their ids and references.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import restored_amendments
from services.gateway.store import restored_submissions as store
from services.gateway.store.restored_amendments import accepted_in
from services.gateway.store.tables import amendments, submissions
from shared import id_groups
from shared.contracts.reconciliation import IdList, KnownAmendments, KnownDeclaration, KnownDeclarations
from shared.database import now
from shared.logs import logger
from shared.reconciliation import (
    LONG_AGO,
    Difference,
    Period,
    Reconciliation,
    find_differences,
    period_query,
    read_model,
    remote_ids,
    report_lost,
    stored_ids,
)
from shared.reconciliation_state import Loss, Mended
from shared.service_client import ResponseLost, ServiceClient, ServiceUnreachable

MESSAGES = "submissions"
SUBMISSION_DIGITS = 7
"""Digits of the groups of submissions. An id begins with its time: a group has those of 17 minutes."""
AMENDMENT_DIGITS = 2
"""Digits of the groups of amendments: 256 groups."""
START_SECONDS = 5.0
"""Seconds for which the start waits for the reconciliation. It goes on in the background after them."""
LOST_BYTES = Loss(
    code="declaration-and-bytes",
    reason="Permits lost these declarations, and the gateway lost their bytes in an earlier restore. The parties lodge "
    "them again.",
)
LOST_AMENDMENTS = Loss(
    code="amendment",
    reason="Permits lost amendments of these declarations. The parties amend the declarations again.",
)
LOST_VERSIONS = Loss(
    code="bytes-of-amendment",
    reason="The gateway lost the bytes of amendments of these declarations. Permits has checked them. The parties that "
    "need a receipt amend the declarations again.",
)
LOST_CONTENT = Loss(
    code="bytes",
    reason="The gateway lost the bytes of these declarations. Permits has checked them, and their ids and references "
    "stay. The hub signs a receipt when the party lodges the same bytes again.",
)
SHARED_REFERENCES = Loss(
    code="shared-reference",
    reason="The gateway lost these declarations, and their traders have used the references again. Customs decides on "
    "the newer ones.",
)


class SubmissionReconciler:
    """Compares the settled submissions with the declarations of permits. It reports what it cannot mend once."""

    def __init__(self, permits: ServiceClient) -> None:
        self._permits = permits
        self.reconciliation = Reconciliation(MESSAGES, self.reconcile, _find_first)

    async def reconcile_at_start(self, engine: AsyncEngine) -> None:
        """Compare before the gateway accepts a declaration, so that no known reference gets a new id.

        Permits may be away, or the comparison may take long. The start does not wait for either.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                await self.reconciliation.run_once(engine, now())
        except (ServiceUnreachable, ResponseLost, TimeoutError) as error:
            logger().info("reconciliation.interrupted", messages=MESSAGES, error=error)

    async def reconcile(self, engine: AsyncEngine, period: Period) -> Mended:
        """Send again or take over the submissions of a period that one database lost. Return their numbers.

        Raise ServiceUnreachable or ResponseLost.
        """
        sent = stored_ids(engine, submissions.c.id, store.forwarded_in(period))
        received = remote_ids(self._permits, "/internal/declaration-ids", period, sender="gateway")

        async def list_existing(ids: Collection[UUID]) -> set[UUID]:
            async with engine.connect() as conn:
                return await id_groups.list_existing(conn, submissions.c.id, ids)

        mended = Mended()
        async for difference in find_differences(sent, received, list_existing, digits=SUBMISSION_DIGITS):
            mended += await self._mend(engine, difference)
        return mended + await self._reconcile_amendments(engine, period)

    async def _reconcile_amendments(self, engine: AsyncEngine, period: Period) -> Mended:
        """Compare the accepted amendments of the declarations of a period. Return the number of changed ones."""
        sent = stored_ids(engine, amendments.c.command_id, accepted_in(period))
        received = remote_ids(self._permits, "/internal/amendment-ids", period, sender="gateway")

        async def list_existing(ids: Collection[UUID]) -> set[UUID]:
            async with engine.connect() as conn:
                return await id_groups.list_existing(conn, amendments.c.command_id, ids)

        mended = Mended()
        async for difference in find_differences(sent, received, list_existing, digits=AMENDMENT_DIGITS):
            forgotten = await self._forget_versions(engine, difference.missing) if difference.missing else 0
            adopted = await self._adopt_amendments(engine, period, difference.unknown) if difference.unknown else 0
            mended += Mended(adopted=forgotten + adopted)
        return mended

    async def _forget_versions(self, engine: AsyncEngine, command_ids: frozenset[UUID]) -> int:
        """Remove the versions that permits lost. An earlier release of permits stored no command of a version."""
        async with engine.connect() as conn:
            declarations = await restored_amendments.list_declarations(conn, command_ids)
        found = await self._read_known(declarations)
        versions = dict.fromkeys(declarations, 0) | {one.id: one.version for one in found}
        async with engine.begin() as conn:
            lost = await restored_amendments.forget_later_versions(conn, versions)
        await _report(engine, LOST_AMENDMENTS, lost)
        return len(lost)

    async def _adopt_amendments(self, engine: AsyncEngine, period: Period, command_ids: frozenset[UUID]) -> int:
        """Store the versions of amendments whose bytes the gateway lost. Return their number."""
        found = await read_model(
            self._permits,
            "POST",
            "/internal/known-amendments",
            KnownAmendments,
            sender="gateway",
            query=period_query(period),
            body=IdList(ids=tuple(sorted(command_ids))),
        )
        async with engine.begin() as conn:
            await restored_amendments.adopt(conn, found.amendments, at=now())
        await _report(engine, LOST_VERSIONS, sorted({one.declaration for one in found.amendments}))
        return len(found.amendments)

    async def _mend(self, engine: AsyncEngine, difference: Difference) -> Mended:
        sent_again = await self._send_again(engine, difference.missing) if difference.missing else 0
        adopted = await self._adopt(engine, difference.unknown) if difference.unknown else 0
        if sent_again or adopted:
            logger().warning("reconciliation.found", messages=MESSAGES, sent_again=sent_again, adopted=adopted)
        return Mended(sent_again=sent_again, adopted=adopted)

    async def _send_again(self, engine: AsyncEngine, ids: frozenset[UUID]) -> int:
        """Send submissions again that permits lost. Return their number."""
        async with engine.begin() as conn:
            without_bytes = await store.list_without_bytes(conn, ids)
            sent_again = await store.send_again(conn, ids, at=now())
        await _report(engine, LOST_BYTES, without_bytes)
        return sent_again

    async def _adopt(self, engine: AsyncEngine, ids: frozenset[UUID]) -> int:
        """Store the ids and references of declarations that the gateway lost. Return their number."""
        found = await self._read_known(sorted(ids))
        async with engine.begin() as conn:
            with_taken_reference = await store.adopt(conn, found, at=now())
        await _report(engine, LOST_CONTENT, [one.id for one in found])
        await _report(engine, SHARED_REFERENCES, sorted(with_taken_reference))
        return len(found)

    async def _read_known(self, ids: Sequence[UUID]) -> tuple[KnownDeclaration, ...]:
        """Return those of the declarations that permits knows."""
        wanted = IdList(ids=tuple(ids))
        found = await read_model(
            self._permits, "POST", "/internal/known-declarations", KnownDeclarations, sender="gateway", body=wanted
        )
        return found.declarations


async def _report(engine: AsyncEngine, loss: Loss, ids: Collection[UUID]) -> None:
    await report_lost(engine, MESSAGES, loss, dict.fromkeys(ids))


async def _find_first(engine: AsyncEngine, at: datetime) -> datetime:
    """Return the time of the oldest submission, or `at` if there is none."""
    async with engine.connect() as conn:
        oldest = await store.find_oldest_id(conn)
    return at if oldest is None else max(LONG_AGO, datetime.fromtimestamp((oldest.int >> 80) / 1000, UTC))
