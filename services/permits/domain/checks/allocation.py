"""Allocation: an item divides its quantity among the documents that it cites (boxes 11 and 14; WCO: WriteOff).

The documents of one country share the quantity: those of the country of export, and those of the country of import.
Each of the two sides covers the whole item (Article III.3). A document may state its quantity. The hub fills in a
quantity only if no other is possible. Two documents that mean one line use it together.

Example: an item of 150 skins cites the export permits 1 and 2.

| permit 1 states | permit 2 states | left on 1 | left on 2 | the hub allocates                            |
|-----------------|-----------------|-----------|-----------|----------------------------------------------|
| 100             | 50              | any       | any       | 100 and 50                                   |
| 90              | nothing         | any       | any       | 90 and 60, the rest                          |
| nothing         | nothing         | 100       | 50        | 100 and 50                                   |
| nothing         | nothing         | 100       | 40        | 100 and 50, of which permit 2 has too little |
| nothing         | nothing         | 100       | 80        | nothing: an officer decides                  |
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO, EntryKind, LedgerEntry, apply_entry, available, permit_amount
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.replace_field import replace_field
from services.permits.domain.rules.allocation import (
    ALLOCATION_RULES,
    AllocationContext,
    RepeatedLineContext,
    line_has_one_use,
)
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.quantities import sum_quantities
from services.permits.domain.rules.rule import evaluate
from shared.contracts.closed_sets import DocumentUse, Side, Unit
from shared.contracts.declaration import Document, Repair
from shared.contracts.findings import Finding
from shared.contracts.quantities import EXACT, MAX_DIGITS, format_quantity


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """The documents of an item with their quantities, one for each line, and what was found about the quantities.

    `documents` are the documents that the hub completed, by their place in the item.
    """

    contexts: Sequence[CitationContext]
    findings: Sequence[Finding] = ()
    repairs: Sequence[Repair] = ()
    documents: dict[int, Document]


@dataclass(frozen=True, kw_only=True)
class _Share:
    """The quantity that the hub allocates to a document, and the reason."""

    quantity: Decimal
    unit: Unit
    source: str


def needs_allocation(contexts: Sequence[CitationContext]) -> bool:
    """Return whether an item has several documents, or quantities to compare. Most items have neither."""
    if len(contexts) != 1:
        return len(contexts) > 1
    return contexts[0].document.quantity is not None or contexts[0].item.net_mass is not None


def allocate(contexts: Sequence[CitationContext], *, unknown: int = 0) -> Allocation:
    """Return the allocation of an item's quantity to the documents that it cites.

    `unknown` is the number of its documents whose permit is unknown. Their country is unknown too, so the hub then
    neither compares nor completes quantities.
    """
    findings: list[Finding] = []
    shares: dict[int, _Share] = {}
    allocated = list(contexts)
    if not unknown:
        for is_import_side in (False, True):
            places = [n for n, one in enumerate(contexts) if one.is_never_endorsed is is_import_side]
            shares_of_side, open_places = _share_out(contexts, places)
            shares |= shares_of_side
            for place, share in shares_of_side.items():
                allocated[place] = _with_share(allocated[place], share)
            for place in open_places:
                allocated[place] = replace(allocated[place], requested=None)
            findings += _compare(allocated, places, open_places)
    merged, repeated = _merge_lines(allocated)
    return Allocation(
        contexts=merged,
        findings=(*findings, *repeated),
        repairs=tuple(
            Repair(pointer=allocated[place].document_pointer("quantity"), source=share.source)
            for place, share in sorted(shares.items())
        ),
        documents={allocated[place].document_index: allocated[place].document for place in shares},
    )


def unallocated(permit: PermitRecord, document: Document, earlier: Sequence[CitationContext]) -> PermitRecord:
    """Return a permit as the next document of an item finds it: earlier documents of the item reserve their lines.

    So two documents of one permit that name no line mean two lines, if the first line is used up. The result serves
    the choice of the line only.
    """
    same = [one for one in earlier if one.permit.id == permit.id and len(one.lines) == 1 and one.requested]
    if not same or document.line is not None:
        return permit
    lines = dict(permit.lines)
    for one in same:
        line = lines[one.line.content.line]
        entry = LedgerEntry(side=one.side, kind=EntryKind.RESERVE, quantity=one.requested or ZERO)
        lines[one.line.content.line] = line.with_balance(apply_entry(line.balance, entry))
    return replace_field(permit, "lines", lines)


def _share_out(contexts: Sequence[CitationContext], places: Sequence[int]) -> tuple[dict[int, _Share], list[int]]:
    """Return the shares of the documents of one side that state no quantity, and the places that stay open."""
    stated = [contexts[place] for place in places if contexts[place].document.quantity is not None]
    unstated = _first_of_each_line(contexts, places)
    if not unstated or len(unstated) + len(stated) == 1:
        return {}, []
    if not any(_has_line_and_unit(contexts[place]) for place in unstated):  # another rule finds that
        return {}, []
    rest = _rest_of_item(contexts[unstated[0]], stated)
    if rest is None or rest <= ZERO:
        return {}, unstated
    return _share_rest(contexts, unstated, rest)


def _share_rest(
    contexts: Sequence[CitationContext], unstated: list[int], rest: Decimal
) -> tuple[dict[int, _Share], list[int]]:
    """Return the shares of `rest`, a quantity in the item's unit, and the places that stay open."""
    if len(unstated) == 1:
        source = f"the rest of the item's {format_quantity(contexts[unstated[0]].item.quantity)}"
        return _only_exact({unstated[0]: _Share(quantity=rest, unit=contexts[unstated[0]].item.unit, source=source)})
    left = {place: _left_of_line(contexts[place]) for place in unstated}
    if None in left.values():
        return {}, unstated
    usable = {place: quantity for place, quantity in left.items() if quantity}
    if (
        len(usable) < 2 and rest == contexts[unstated[0]].item.quantity
    ):  # a line without a rest is found to be used, and the other one covers the item
        return {}, []
    if not usable or sum_quantities(usable.values()) > rest:
        return {}, unstated
    return _only_exact(_fill_in_order(contexts, usable, rest))


def _first_of_each_line(contexts: Sequence[CitationContext], places: Sequence[int]) -> list[int]:
    """Return the places of the documents without a quantity. The first one of a line counts."""
    seen: set[object] = set()
    found = []
    for place in places:
        if contexts[place].document.quantity is None and (key := _line_key(contexts[place])) not in seen:
            seen.add(key)
            found.append(place)
    return found


def _has_line_and_unit(one: CitationContext) -> bool:
    """Return whether a document has a line with a unit into which that of the item converts."""
    return any(units.is_convertible(one.item.unit, line.content.unit) for line in one.lines)


def _rest_of_item(one: CitationContext, stated: Sequence[CitationContext]) -> Decimal | None:
    """Return what the stated quantities leave of the item, in its unit; None if they have no exact conversion."""
    if not all(units.is_convertible(other.declared_unit, one.item.unit) for other in stated):
        return None
    taken = sum_quantities(
        units.convert(other.declared_quantity, other.declared_unit, one.item.unit) for other in stated
    )
    return EXACT.subtract(one.item.quantity, taken)


def _left_of_line(one: CitationContext) -> Decimal | None:
    """Return what is left on the line, in the item's unit; None if the line or the conversion is not certain.

    A transit uses nothing of a line, so all that left is there.
    """
    is_certain = len(one.lines) == 1 and one.document.use != DocumentUse.ALREADY_COUNTED
    if not is_certain or not units.is_convertible(one.line.content.unit, one.item.unit):
        return None
    left = permit_amount(one.line.balance, Side.IMPORT) if one.is_transit else available(one.line.balance, one.side)
    return units.convert(max(left, ZERO), one.line.content.unit, one.item.unit)


def _fill_in_order(contexts: Sequence[CitationContext], left: dict[int, Decimal], rest: Decimal) -> dict[int, _Share]:
    """Return shares that use each line in full. The last one gets the rest, which its line may lack."""
    shares = {}
    last = max(left)
    for place in sorted(left):
        one = contexts[place]
        quantity = rest if place == last else left[place]
        source = f"line {one.line.content.line} of permit {one.permit.content.number}, which has this quantity left"
        if quantity != left[place]:
            source = f"the rest of the item's {format_quantity(one.item.quantity)}"
        shares[place] = _Share(quantity=quantity, unit=one.item.unit, source=source)
        rest = EXACT.subtract(rest, quantity)
    return shares


def _only_exact(shares: dict[int, _Share]) -> tuple[dict[int, _Share], list[int]]:
    """Return the shares if the contract can state each of them, else the places that stay open."""
    if all(len(format_quantity(share.quantity).replace(".", "")) <= MAX_DIGITS for share in shares.values()):
        return shares, []
    return {}, list(shares)


def _with_share(context: CitationContext, share: _Share) -> CitationContext:
    document = context.document.model_copy(update={"quantity": share.quantity, "unit": share.unit})
    requested = None
    if len(context.lines) == 1 and units.is_convertible(share.unit, context.line.content.unit):
        requested = units.convert(share.quantity, share.unit, context.line.content.unit)
    return replace(context, document=document, requested=requested)


def _compare(contexts: Sequence[CitationContext], places: Sequence[int], open_places: Sequence[int]) -> list[Finding]:
    """Return what the rules find about the quantities of one side."""
    if not places:
        return []
    first = contexts[places[0]]
    stated = tuple(contexts[place] for place in places if contexts[place].document.quantity is not None)
    context = AllocationContext(
        item_index=first.item_index,
        item=first.item,
        items=first.items,
        documents=stated or (first,),  # without a quantity, each document is for the whole item
        open_documents=tuple(contexts[place] for place in open_places),
    )
    return evaluate(ALLOCATION_RULES, context)


def _merge_lines(contexts: Sequence[CitationContext]) -> tuple[list[CitationContext], list[Finding]]:
    """Return one context for each line that documents mean, with the sum of their quantities, and what was found.

    Documents without a quantity are for the whole item, so a second one adds nothing.
    """
    merged: dict[object, CitationContext] = {}
    findings: list[Finding] = []
    for context in contexts:
        key = _line_key(context)
        first = merged.get(key)
        if first is None:
            merged[key] = context
            continue
        found = evaluate((line_has_one_use,), RepeatedLineContext(first=first, second=context))
        findings += found
        if not found and first.document.quantity is not None and context.document.quantity is not None:
            known = first.requested is not None and context.requested is not None
            total = EXACT.add(first.requested or ZERO, context.requested or ZERO)
            merged[key] = replace(first, requested=total if known else None)
    return list(merged.values()), findings


def _line_key(context: CitationContext) -> tuple[UUID, str]:
    """Return the permit and the line of a document. The line is empty if it is not certain."""
    return context.permit.id, context.line.content.line if len(context.lines) == 1 else ""
