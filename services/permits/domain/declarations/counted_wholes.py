"""Items of one declaration that are parts of what a permit line counts: the skull and the skin of one trophy.

They are counted together. The items share the reservation of the line, so some of them may have none of their own.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from services.permits.domain.declarations.actual_quantities import LineKey, line_key
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.rules.line_quantities import WholeCounts, counts_wholes
from shared.contracts.closed_sets import DocumentUse
from shared.contracts.declaration import Item
from shared.contracts.permit import PermitLine
from shared.contracts.quantities import EXACT
from shared.problems import Fault, Invalid, list_names

WholeGroups = Mapping[LineKey, tuple[Citation, ...]]
"""The citations that share a line, by permit and line. Each group has several items."""


def whole_groups(declaration: DeclarationRecord, citations: Iterable[Citation], permits: PermitsById) -> WholeGroups:
    """Return the groups of a declaration's citations that are counted together; usually none."""
    groups: dict[LineKey, list[Citation]] = {}
    for citation in citations:
        if citation.line and citation.use != DocumentUse.ALREADY_COUNTED:
            groups.setdefault(line_key(citation), []).append(citation)
    shared = {key: tuple(group) for key, group in groups.items() if len(group) > 1}
    if not shared:
        return {}
    items = {item.number: item for item in declaration.content.items}
    return {
        (permit, line): group
        for (permit, line), group in shared.items()
        if all(_is_counted(permits[permit].lines[line].content, items[one.item]) for one in group)
    }


def _is_counted(line: PermitLine, item: Item) -> bool:
    """Return whether an item is counted together with others. One with a quantity for each document never is."""
    return counts_wholes(line, item.term) and all(document.quantity is None for document in item.documents)


def is_counted_with_others(citation: Citation, groups: WholeGroups) -> bool:
    """Return whether a citation has no quantity of its own, because the others of its group have it."""
    return any(one.requested > ZERO for one in groups.get(line_key(citation), ()))


def count_wholes(
    declaration: DeclarationRecord,
    groups: WholeGroups,
    permits: PermitsById,
    actual: Mapping[int, tuple[Decimal, str]],
) -> dict[tuple[int, UUID, str], Decimal]:
    """Return what each item uses of each line that it shares, in the line's unit.

    `actual` has the actual quantity and unit of items. An item that it does not name is left out.
    """
    items = {item.number: item for item in declaration.content.items}
    counts, amounts = WholeCounts(), {}
    for (permit, line), group in groups.items():
        content = permits[permit].lines[line].content
        for citation in group:
            if citation.item not in actual:
                continue
            quantity, unit = actual[citation.item]
            amount = counts.add(permit, content, items[citation.item].term or "", quantity=quantity, unit=unit)
            if amount is not None:
                amounts[citation.item, permit, line] = amount
    return amounts


def with_counted_wholes(
    declaration: DeclarationRecord, citations: tuple[Citation, ...], permits: PermitsById
) -> tuple[Citation, ...]:
    """Return citations whose requested quantities count parts of one whole together, by the declared quantities.

    A citation with a reservation does not change.
    """
    groups = whole_groups(declaration, citations, permits)
    declared = {item.number: (item.quantity, item.unit.value) for item in declaration.content.items}
    amounts = count_wholes(declaration, groups, permits, declared) if groups else {}
    return tuple(
        replace(citation, requested=amounts[citation.item, *line_key(citation)])
        if (citation.item, *line_key(citation)) in amounts and not citation.is_open
        else citation
        for citation in citations
    )


def reserved_of_group(citation: Citation, groups: WholeGroups) -> Decimal:
    """Return the quantity that the citations of a group reserve, with the consents for their items."""
    total = ZERO
    for one in groups[line_key(citation)]:
        total = EXACT.add(total, EXACT.add(one.reserved, one.consented))
    return total


def require_whole_groups(groups: WholeGroups, corrected: Collection[int]) -> None:
    """Raise Invalid `items-counted-together` if a correction names only some of the items that are counted together."""
    for group in groups.values():
        numbers = [one.item for one in group]
        named = [number for number in numbers if number in corrected]
        if named and len(named) < len(numbers):
            text = (
                f"Items {list_names(numbers)} are parts that count together on line {group[0].line}. "
                "State the actual quantity of each of them."
            )
            raise Invalid("items-counted-together", text, [Fault("/items", "items-counted-together", text)])
