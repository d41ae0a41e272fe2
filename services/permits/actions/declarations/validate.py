"""Check a declaration by the same rules and facts as a lodged one, and store nothing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations.views import finding_views
from services.permits.domain.checks.check import check
from services.permits.domain.checks.completion import cited_permits
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.rules.parties import declaring_side
from services.permits.store import facts, permits
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, Movement
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.identifiers import has_identifier
from shared.contracts.parties import Party, RepresentedTrader
from shared.contracts.views.declarations import Verdict
from shared.contracts.views.parts import Fault


async def validate(
    engine: AsyncEngine,
    content: NormalizedDeclaration,
    party: Party,
    declaration_id: UUID,
    at: datetime,
    *,
    trader: RepresentedTrader | None = None,
) -> Verdict:
    """Return the result that a declaration would have if it were lodged now. `valid` means `accepted`."""
    declaring = trader or party
    if not has_identifier(declaring.identifier_values, declaring_side(content).identifier):
        place = "/importer/identifier" if content.movement == Movement.IMPORT else "/exporter/identifier"
        detail = "The identifier of the declaring side is none of yours. Declare under an identifier of GET /v1/me."
        fault = Fault(pointer=place, code="not-your-declaration", detail=detail)
        return Verdict(valid=False, findings=(), errors=(fault,))
    declaration = DeclarationRecord(
        id=declaration_id,
        party=party.id,
        trader=trader.party if trader else party.id,
        trader_name=declaring.name,
        trader_country=declaring.country,
        received_at=at,
        digest="",
        content=content,
        status=DeclarationStatus.RECEIVED,
    )
    async with engine.connect() as conn:
        cited = await permits.read_cited(conn, cited_permits([content]))
        loaded_facts = await facts.load_facts(conn, [declaration], cited)
    verdict = check(declaration, {permit.key: permit for permit in cited}, loaded_facts)
    return Verdict(
        valid=verdict.status is DeclarationStatus.ACCEPTED,
        status=verdict.status,
        findings=finding_views(verdict.findings, ActorRole.TRADER),
        errors=(),
    )
