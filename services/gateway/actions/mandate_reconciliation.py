"""The reconciliation of the mandates with the copies in permits and notifications, after a restore.

A copy may be older: the gateway sends the mandate again. A copy may be newer, because the gateway lost a change: the
copy would ignore every revision up to its own. The gateway then gives its mandate a higher revision. In doubt a right
ends: a lost revocation applies again, and a mandate that only a copy has ends there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.copy_reconciliation import Copies, CopyReconciler, read_pages
from services.gateway.store import mandates, parties
from shared.contracts.messages import MandateBatch, MandateCopy
from shared.logs import logger
from shared.reconciliation import report_lost, store_mended
from shared.reconciliation_state import Loss, Mended
from shared.service_client import ServiceClient

MESSAGES = "mandates"
SET_BACK = Loss(
    code="older-mandate",
    reason="The gateway lost changes of these mandates. A lost revocation applies again. After a lost acceptance, the "
    "agent accepts again.",
)
UNKNOWN = Loss(code="mandate", reason="The gateway lost these mandates, so they end. The traders grant them again.")


@dataclass(frozen=True, kw_only=True)
class Differences:
    """The mandates of the gateway that differ from their copies, and the copies of which it has no mandate."""

    set_back: Mapping[UUID, int]
    """The highest revision of the copies, for each mandate with an older one."""
    revoked: frozenset[UUID]
    """Those of the mandates that are set back whose newest copy gives no right: only a revocation ends an offer too."""
    older: tuple[tuple[MandateCopy, str], ...]
    """Mandates that a service lacks or stores in an older revision, each with the name of the service."""
    unknown: tuple[tuple[MandateCopy, str], ...]
    """Active copies of a mandate that the gateway does not store, each with the name of the service."""


def compare(stored: Mapping[UUID, MandateCopy], copies: Copies[MandateCopy]) -> Differences:
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
    revoked = frozenset(one for one in set_back if not newest[one].active)
    return Differences(set_back=set_back, revoked=revoked, older=older, unknown=unknown)


def _revision(copies: Mapping[UUID, MandateCopy], mandate: MandateCopy) -> int:
    return copies[mandate.id].revision if mandate.id in copies else -1


def reconcile_mandates(services: tuple[ServiceClient, ...]) -> CopyReconciler[MandateCopy]:
    """Return the reconciler of the mandates that have not ended. It reports once which changes the gateway lost."""
    return CopyReconciler(MESSAGES, services, read_copy=_read_copy, mend=_mend)


async def _mend(engine: AsyncEngine, copies: Copies[MandateCopy], at: datetime) -> None:
    """Send what copies lack, give mandates with newer copies a higher revision, and end unknown copies.

    The mandates are read after their copies, so a copy is newer only if the gateway lost a change.
    """
    async with engine.begin() as conn:
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
        logger().warning("reconciliation.found", messages=MESSAGES, sent_again=len(found.older))
    await store_mended(engine, MESSAGES, Mended(sent_again=len(found.older)))
    await report_lost(engine, MESSAGES, SET_BACK, dict.fromkeys(found.set_back))
    await report_lost(engine, MESSAGES, UNKNOWN, dict.fromkeys(copy.id for copy, _ in unknown))


def _later(copy: MandateCopy) -> dict[str, object]:
    """Return the fields by which a copy that ends differs."""
    return {"active": False, "revision": copy.revision + 1}


async def _read_copy(service: ServiceClient) -> dict[UUID, MandateCopy]:
    """Return the mandates in the copy of a service. Raise ServiceUnreachable or ResponseLost."""
    return await read_pages(
        service, "/internal/mandates", MandateBatch, lambda page: {one.id: one for one in page.mandates}
    )
