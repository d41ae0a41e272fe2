"""What would the hub find? The same rules over the same facts, nothing kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.checks.check import check
from services.permits.domain.checks.completion import wanted_by
from services.permits.domain.lifecycle import Status
from services.permits.domain.values import Filed
from services.permits.store import facts, permits
from shared.contracts.declaration import InsideDeclaration
from shared.contracts.parties import ActsFor, Party


async def validate(
    engine: AsyncEngine,
    stated: InsideDeclaration,
    party: Party,
    id: UUID,
    at: datetime,
    *,
    trader: ActsFor | None = None,
) -> dict[str, Any]:
    """Check a declaration as if it were received now; `valid` means it would be accepted."""
    numbers = party.numbers if trader is None else frozenset(trader.numbers)
    side = stated.importer if stated.movement == "import" else stated.exporter
    if side.identifier not in numbers:
        place = "/importer/identifier" if stated.movement == "import" else "/exporter/identifier"
        detail = "The declaring side is named by none of your identifiers."
        return {
            "valid": False,
            "findings": [],
            "errors": [{"pointer": place, "code": "not-your-declaration", "detail": detail}],
        }
    filed = Filed(id, party.id, trader.party if trader else party.id, at, "", stated, Status.RECEIVED)
    async with engine.connect() as conn:
        found = await permits.read_cited(conn, wanted_by([stated]))
        known = await facts.about(conn, [filed], found)
    verdict = check(filed, {permit.key: permit for permit in found}, known)
    return {
        "valid": verdict.status is Status.ACCEPTED,
        "status": verdict.status.value,
        "findings": [finding.model_dump(mode="json") for finding in verdict.findings],
        "errors": [],
    }
