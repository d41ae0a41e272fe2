"""The reconciliation of the parties with the copies in permits and notifications, after a restore.

A copy may be older: the gateway sends the party again. A copy may be newer, because the gateway lost a change: the copy
would ignore every version up to its own. The gateway then gives its party a higher version and names it in the log.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import parties
from shared.contracts.closed_sets import ReconciliationStatus
from shared.contracts.limits import RECONCILED_IDS
from shared.contracts.reconciliation import PartyVersions
from shared.logs import logger
from shared.reconciliation import LONG_AGO, read_model, report_lost, store_mended, store_status
from shared.reconciliation_state import Loss, Mended
from shared.service_client import ResponseLost, ServiceClient, ServiceUnreachable

MESSAGES = "parties"
INTERVAL = timedelta(minutes=10)
COPY_PAGES = 1_000
"""The most pages of a copy: two million parties."""
SET_BACK = Loss(
    code="older-party",
    reason="The gateway lost changes of these parties, such as roles or a block, and its older state applies "
    "everywhere. The administrator checks them with GET /v1/parties/{id}.",
)
UNKNOWN = Loss(
    code="party",
    reason="The gateway lost these parties and their credentials. The administrator creates them again.",
)


class PartyReconciler:
    """Compares the parties with their copies. It reports what it cannot mend once."""

    def __init__(self, services: tuple[ServiceClient, ...]) -> None:
        self._services = services
        self._last_at = LONG_AGO

    async def run(self, engine: AsyncEngine, at: datetime) -> None:
        """Compare all parties if that is due. If a service is away, the next run tries again."""
        if at - self._last_at < INTERVAL:
            return
        try:
            copies = {service.name: await _read_copy(service) for service in self._services}
        except (ServiceUnreachable, ResponseLost) as error:
            logger().info("reconciliation.interrupted", messages=MESSAGES, error=error)
            await store_status(engine, MESSAGES, ReconciliationStatus.FAILED)
            return
        await _mend(engine, copies, at)
        self._last_at = at
        await store_status(engine, MESSAGES, ReconciliationStatus.DONE, compared_at=at)


async def _mend(engine: AsyncEngine, copies: Mapping[str, Mapping[UUID, int]], at: datetime) -> None:
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
    copy: dict[UUID, int] = {}
    query: list[tuple[str, str]] = []
    for _ in range(COPY_PAGES):
        found = await read_model(
            service, "GET", "/internal/party-versions", PartyVersions, sender="gateway", query=query
        )
        copy |= {party.id: party.version for party in found.parties}
        if len(found.parties) < RECONCILED_IDS:
            break
        query = [("after", str(found.parties[-1].id))]
    return copy
