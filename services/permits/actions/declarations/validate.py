"""Check a declaration by the same rules and facts as a lodged one, and store nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations.check_inputs import read_check_inputs, run_check
from services.permits.actions.declarations.views import finding_views
from services.permits.domain.checks.check import check
from services.permits.domain.checks.cost import maximum_cost
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.rules.check_limits import count_omitted
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.declaration import NormalizedDeclaration, declaring_role, declaring_side
from shared.contracts.fields import Trader
from shared.contracts.identifiers import has_identifier
from shared.contracts.parties import Party, RepresentedTrader
from shared.contracts.travellers import is_for_traveller
from shared.contracts.views.declarations import Verdict
from shared.contracts.views.parts import Fault
from shared.limits import Limit, LimitSubject
from shared.problems import Unavailable

SLOT_COST = Limit(
    50_000,
    "comparisons",
    subject=LimitSubject.DECLARATIONS,
    meaning="Possible cost of a validation, above which a process does one at a time",
    beyond="The request waits.",
)
SLOT_SECONDS = Limit(
    5,
    "seconds",
    subject=LimitSubject.DECLARATIONS,
    meaning="Time in which a large validation waits for others",
    beyond="503 `validations-busy`",
)


class ValidationSlot:
    """The slot of a process for validations that may be large: one at a time, because nobody has to wait for them."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def reserve(self, content: NormalizedDeclaration) -> AsyncIterator[None]:
        """Reserve the slot for the block, if the declaration may be large. Raise Unavailable if others have it."""
        if maximum_cost(content) <= SLOT_COST:
            yield
            return
        try:
            async with asyncio.timeout(SLOT_SECONDS):
                await self._lock.acquire()
        except TimeoutError:
            detail = "The hub validates other large declarations now, one at a time. Repeat the request in 5 s."
            raise Unavailable("validations-busy", detail, retry_after=5) from None
        try:
            yield
        finally:
            self._lock.release()


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
    is_of_traveller = trader is None and is_for_traveller(content, party)
    declaring = declaring_side(content) if is_of_traveller else trader or party
    if not isinstance(declaring, Trader) and not has_identifier(
        declaring.identifier_values, declaring_side(content, declaring.country).identifier
    ):
        place = f"/{declaring_role(content, declaring.country)}/identifier"
        detail = "The identifier of the declaring side is none of yours. Declare under an identifier of GET /v1/me."
        fault = Fault(pointer=place, code="not-your-declaration", detail=detail)
        return Verdict(valid=False, findings=(), errors=(fault,))
    declaration = DeclarationRecord(
        id=declaration_id,
        party=party.id,
        trader=trader.party if trader else party.id,
        trader_name=declaring.name,
        trader_country=declaring.country,
        officers=() if is_of_traveller else None,
        received_at=at,
        digest="",
        content=content,
        status=DeclarationStatus.RECEIVED,
    )
    async with engine.connect() as conn:
        inputs = await read_check_inputs(conn, [declaration])
    permits_by_key = {permit.key: permit for permit in inputs.permits}
    verdict = await run_check(inputs, lambda: check(declaration, permits_by_key, inputs.facts))
    return Verdict(
        valid=verdict.status is DeclarationStatus.ACCEPTED,
        status=verdict.status,
        findings=finding_views(verdict.findings, declaration.declarant_role),
        findings_omitted=count_omitted(verdict.findings),
        errors=(),
    )
