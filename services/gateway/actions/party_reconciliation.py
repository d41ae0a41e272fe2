"""The reconciliation of the parties with the copies in permits and notifications, after a restore.

A copy may be older: the gateway sends the party again. A copy may be newer, because the gateway lost a change: the copy
would ignore every version up to its own. The gateway then gives its party a higher version and names it in the log.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.copy_reconciliation import Copies, CopyReconciler, read_pages
from services.gateway.store import parties
from shared.contracts.reconciliation import PartyVersions
from shared.logs import logger
from shared.reconciliation import report_lost, store_mended
from shared.reconciliation_state import Loss, Mended
from shared.service_client import ServiceClient

MESSAGES = "parties"
SET_BACK = Loss(
    code="older-party",
    reason="The gateway lost changes of these parties, such as roles or a block, and its older state applies "
    "everywhere. The administrator checks them with GET /v1/parties/{id}.",
)
UNKNOWN = Loss(
    code="party",
    reason="The gateway lost these parties and their credentials. The administrator creates them again.",
)


def reconcile_parties(services: tuple[ServiceClient, ...]) -> CopyReconciler[int]:
    """Return the reconciler of the parties. It reports what it cannot mend once."""
    return CopyReconciler(MESSAGES, services, read_copy=_read_copy, mend=_mend)


async def _mend(engine: AsyncEngine, copies: Copies[int], at: datetime) -> None:
    """Send the parties of older copies again, and raise the versions of those with newer copies."""
    async with engine.connect() as conn:
        versions = await parties.list_versions(conn)
    newest = {party_id: max(copy.get(party_id, 0) for copy in copies.values()) for party_id in versions}
    set_back = [party_id for party_id, version in versions.items() if newest[party_id] > version]
    older = [
        (party_id, name)
        for name, copy in copies.items()
        for party_id, version in versions.items()
        if copy.get(party_id, 0) < version
    ]
    async with engine.begin() as conn:
        revision = await parties.lock_next_revision(conn) if set_back else 0
        for party_id in set_back:
            party = await parties.find(conn, party_id)
            if party is not None and party.version < newest[party_id]:
                raised = party.model_copy(update={"version": newest[party_id] + 1})
                await parties.change(conn, raised, revision=revision, at=at, actor_party_id=None)
        for party_id, name in older:
            party = await parties.find(conn, party_id)
            if party is not None:
                await parties.send_again(conn, party, name, at=at)
    if older:
        logger().warning("reconciliation.found", messages=MESSAGES, sent_again=len(older))
    await store_mended(engine, MESSAGES, Mended(sent_again=len(older)))
    await report_lost(engine, MESSAGES, SET_BACK, dict.fromkeys(set_back))
    unknown = {party_id for copy in copies.values() for party_id in copy.keys() - versions}
    await report_lost(engine, MESSAGES, UNKNOWN, dict.fromkeys(unknown))


async def _read_copy(service: ServiceClient) -> dict[UUID, int]:
    """Return the versions of the parties in the copy of a service. Raise ServiceUnreachable or ResponseLost."""
    return await read_pages(
        service, "/internal/party-versions", PartyVersions, lambda page: {one.id: one.version for one in page.parties}
    )
