"""Claims of a use that another declaration counts already, named by its id or by the trader's reference."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitRecord, PermitsById
from services.permits.domain.reference.facts import Facts
from shared.contracts.comparison import comparison_key
from shared.contracts.declaration import Document, Item
from shared.contracts.quantities import EXACT

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


def _claimed_quantity(item: Item, citation: Citation, permit: PermitRecord | None) -> Decimal:
    """Return the quantity that a citation claims, in the line's unit: the officer's quantity, else the declared one.

    `item` is the citation's item. The result is zero if the declared unit has no exact conversion.
    """
    if citation.use != ALREADY_COUNTED or not citation.line or citation.counted_elsewhere > ZERO:
        return citation.counted_elsewhere
    documents = (one for one in item.documents if one.use == ALREADY_COUNTED)
    if permit is not None:
        documents = (one for one in documents if means_line(one, permit, citation.line))
    return declared_quantity(item, documents, citation.unit) or ZERO


def means_line(document: Document, permit: PermitRecord, line_letter: str) -> bool:
    """Return whether a document may mean a permit line."""
    return document.line in {None, line_letter} and document.key == permit.key


def declared_quantity(item: Item, documents: Iterable[Document], line_unit: str) -> Decimal | None:
    """Return the quantity that an item declares for a permit line, in the line's unit.

    It is the sum of what `documents`, those of the line, state; else the quantity of the item. The result is None if
    a unit has no exact conversion.
    """
    stated = [(one.quantity, one.unit or item.unit) for one in documents if one.quantity is not None]
    quantities = stated or [(item.quantity, item.unit)]
    if not all(units.is_convertible(unit, line_unit) for _, unit in quantities):
        return None
    total = ZERO
    for quantity, unit in quantities:
        total = EXACT.add(total, units.convert(quantity, unit, line_unit))
    return total


def with_claims(declaration: DeclarationRecord, permits: PermitsById) -> tuple[Citation, ...]:
    """Return the citations of a declaration with their claims, which a rejected declaration does not have.

    A permit that is not in `permits` is not needed, unless several documents of one item state what others counted.
    """
    items = {item.number: item for item in declaration.content.items}
    return tuple(
        replace(
            citation, counted_elsewhere=_claimed_quantity(items[citation.item], citation, permits.get(citation.permit))
        )
        for citation in declaration.citations
    )
