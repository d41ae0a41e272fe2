"""What a use that was counted already claims, and of which declaration: named by its id or its trader's reference."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.reference.facts import Facts
from services.permits.domain.values import Citation, Filed, PermitOnFile
from shared.contracts.declaration import Document

CLAIMS = "already_counted"


def counter_of(filed: Filed, document: Document, facts: Facts) -> UUID | None:
    """Answer the declaration that a document names as the one that counted; a reference is one of the same trader."""
    named = document.counted_by
    if document.use != CLAIMS or named is None:
        return None
    try:
        return facts.named.get((filed.trader, named)) or UUID(named)
    except ValueError:
        return None


def unclaimed(permit: PermitOnFile, declaration: UUID) -> PermitOnFile:
    """Answer a permit without what a declaration claims of counts on it: it is checked anew, and claims them again."""
    if not any(use.declaration == declaration and use.counted for use in permit.uses):
        return permit
    uses = (replace(use, counted=ZERO) if use.declaration == declaration else use for use in permit.uses)
    return replace(permit, uses=tuple(uses))


def claimed(filed: Filed, citation: Citation) -> Decimal:
    """Answer what a use claims in the line's unit: what an officer said, else the declared quantity."""
    if citation.use != CLAIMS or not citation.line or citation.counted > ZERO:
        return citation.counted
    item = next(one for one in filed.document.items if one.number == citation.item)
    if not units.convertible(item.unit, citation.unit):
        return ZERO
    return units.convert(item.quantity, item.unit, citation.unit)
