"""Claims of a use that another declaration counts already, named by its id or by the trader's reference."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import Facts
from shared.contracts.comparison import comparison_key
from shared.contracts.declaration import Document, Item

ALREADY_COUNTED = "already_counted"


def find_counting_declaration(declaration: DeclarationRecord, document: Document, facts: Facts) -> UUID | None:
    """Return the id of the declaration that a document names as counting this use; None if it names none.

    A reference is looked up among the declarations of the same trader.
    """
    named = document.counted_by
    if document.use != ALREADY_COUNTED or named is None:
        return None
    try:
        return facts.declarations_by_reference.get((declaration.trader, comparison_key(named))) or UUID(named)
    except ValueError:
        return None


def without_claims(permit: PermitRecord, declaration_id: UUID) -> PermitRecord:
    """Return a permit without the claims of one declaration, which the next check of that declaration makes again."""
    if not any(use.declaration == declaration_id and use.counted_elsewhere for use in permit.citations):
        return permit
    uses = (
        replace(use, counted_elsewhere=ZERO) if use.declaration == declaration_id else use for use in permit.citations
    )
    return replace(permit, citations=tuple(uses))


def _claimed_quantity(items: Mapping[int, Item], citation: Citation) -> Decimal:
    """Return the quantity that a citation claims, in the line's unit: the officer's quantity, else the declared one.

    The result is zero if the declared unit has no exact conversion.
    """
    if citation.use != ALREADY_COUNTED or not citation.line or citation.counted_elsewhere > ZERO:
        return citation.counted_elsewhere
    item = items[citation.item]
    if not units.is_convertible(item.unit, citation.unit):
        return ZERO
    return units.convert(item.quantity, item.unit, citation.unit)


def with_claims(declaration: DeclarationRecord) -> tuple[Citation, ...]:
    """Return the citations of a declaration with their claims, which a rejected declaration does not have."""
    items = {item.number: item for item in declaration.content.items}
    return tuple(
        replace(citation, counted_elsewhere=_claimed_quantity(items, citation)) for citation in declaration.citations
    )
