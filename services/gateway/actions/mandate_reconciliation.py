"""The reconciliation of the mandates with the copies in permits and notifications, after a restore.

A copy may be older: the gateway sends the mandate again. A copy may be newer, because the gateway lost a change: the
copy would ignore every revision up to its own. The gateway then gives its mandate a higher revision. In doubt a right
ends: a lost revocation applies again, and a mandate that only a copy has ends there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.gateway.store import mandates, parties
from shared.contracts.limits import RECONCILED_IDS
from shared.contracts.messages import MandateBatch, MandateCopy
from shared.logs import logger
from shared.reconciliation import LONG_AGO, read_model
from shared.service_client import ResponseLost, ServiceClient, ServiceUnreachable

Copies = Mapping[str, Mapping[UUID, MandateCopy]]
"""The mandates that each service stores, by the name of the service and the id of the mandate."""
INTERVAL = timedelta(minutes=10)
COPY_PAGES = 1_000
"""The most pages of a copy: two million mandates."""
NAMED_IDS = 20
SET_BACK = (
    "The gateway lost changes of these mandates. A lost revocation applies again. After a lost acceptance, the agent "
    "accepts again."
)
UNKNOWN = "The gateway lost these mandates, so they end. The traders grant them again."


@dataclass(frozen=True, kw_only=True)
class Differences:
    """The mandates of the gateway that differ from their copies, and the copies of which it has no mandate."""

    set_back: Mapping[UUID, int]
    """The highest revision of the copies, for each mandate with an older one."""
    revoked: frozenset[UUID]
    """Those of the mandates that are set back whose newest copy is revoked."""
    older: tuple[tuple[MandateCopy, str], ...]
    """Mandates that a service lacks or stores in an older revision, each with the name of the service."""
    unknown: tuple[tuple[MandateCopy, str], ...]
    """Active copies of a mandate that the gateway does not store, each with the name of the service."""


def compare(stored: Mapping[UUID, MandateCopy], copies: Copies) -> Differences:
    """Return the differences between the mandates of the gateway and their copies."""
    newest: dict[UUID, MandateCopy] = {}
    for copy in (copy for of_service in copies.values() for copy in of_service.values()):
        if copy.id not in newest or newest[copy.id].revision < copy.revision:
            newest[copy.id] = copy
    set_back = {one.id: newest[one.id].revision for one in stored.values() if _revision(newest, one) > one.revision}
    older = tuple(
        (one, name)
        for name, of_service in copies.items()
        for one in stored.values()
        if one.id not in set_back and _revision(of_service, one) < one.revision
    )
    unknown = tuple(
        (copy, name)
        for name, of_service in copies.items()
        for copy in of_service.values()
        if copy.id not in stored and copy.active
    )
    revoked = frozenset(one for one in set_back if stored[one].active and not newest[one].active)
    return Differences(set_back=set_back, revoked=revoked, older=older, unknown=unknown)


def _revision(copies: Mapping[UUID, MandateCopy], mandate: MandateCopy) -> int:
    return copies[mandate.id].revision if mandate.id in copies else -1


class MandateReconciler:
    """Compares the mandates with their copies. It reports once which changes the gateway lost."""

    def __init__(self, services: tuple[ServiceClient, ...]) -> None:
        self._services = services
        self._last_at = LONG_AGO
        self._reported: set[UUID] = set()

    async def run(self, engine: AsyncEngine, at: datetime) -> None:
        """Compare all mandates that have not ended if that is due. If a service is away, the next run tries again."""
        if at - self._last_at < INTERVAL:
            return
        try:
            copies = {service.name: await _read_copy(service) for service in self._services}
        except (ServiceUnreachable, ResponseLost) as error:
            logger().info("reconciliation.interrupted", messages="mandates", error=error)
            return
        async with engine.begin() as conn:
            await self._mend(conn, copies, at)
        self._last_at = at

    async def _mend(self, conn: AsyncConnection, copies: Copies, at: datetime) -> None:
        """Send what copies lack, give mandates with newer copies a higher revision, and end unknown copies.

        The mandates are read after their copies, so a copy is newer only if the gateway lost a change.
        """
        found = compare(await mandates.list_copies(conn, at.date()), copies)
        existing = await mandates.list_existing(conn, [copy.id for copy, _ in found.unknown])
        unknown = [(copy, name) for copy, name in found.unknown if copy.id not in existing]
        if found.set_back:
            revision = await parties.lock_next_revision(conn, above=max(found.set_back.values()))
            await mandates.revoke_again(conn, found.revoked, at=at, revision=revision)
            await mandates.raise_revision(conn, found.set_back.keys(), revision=revision)
            await mandates.add_messages(conn, revision, at=at)
        ended = [(copy.model_copy(update=_later(copy)), name) for copy, name in unknown]
        await mandates.send(conn, [*found.older, *ended], at=at)
        if found.older:
            logger().warning("reconciliation.found", messages="mandates", sent_again=len(found.older))
        self._report(SET_BACK, found.set_back.keys())
        self._report(UNKNOWN, {copy.id for copy, _ in unknown})

    def _report(self, reason: str, ids: Collection[UUID]) -> None:
        new = sorted(set(ids) - self._reported)
        self._reported.update(new)
        if new:
            named = [str(mandate_id) for mandate_id in new[:NAMED_IDS]]
            logger().error("reconciliation.failed", messages="mandates", reason=reason, count=len(new), ids=named)


def _later(copy: MandateCopy) -> dict[str, object]:
    """Return the fields by which a copy that ends differs."""
    return {"active": False, "revision": copy.revision + 1}


async def _read_copy(service: ServiceClient) -> dict[UUID, MandateCopy]:
    """Return the mandates in the copy of a service. Raise ServiceUnreachable or ResponseLost."""
    copy: dict[UUID, MandateCopy] = {}
    query: list[tuple[str, str]] = []
    for _ in range(COPY_PAGES):
        found = await read_model(service, "GET", "/internal/mandates", MandateBatch, sender="gateway", query=query)
        copy |= {mandate.id: mandate for mandate in found.mandates}
        if len(found.mandates) < RECONCILED_IDS:
            break
        query = [("after", str(found.mandates[-1].id))]
    return copy
