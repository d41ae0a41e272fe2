"""Rules about allocation: how an item divides its quantity among the documents that it cites (boxes 11 and 14)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from services.permits.domain import units
from services.permits.domain.ledger.balances import available
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.matching import join_first
from services.permits.domain.rules.quantities import sum_quantities
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, CUSTOMS_OVERRIDES, Discrepancy, Rule, rule
from shared.contracts.closed_sets import Severity, Unit
from shared.contracts.declaration import Document, Item
from shared.contracts.findings import CitedLine
from shared.contracts.quantities import format_quantity


@dataclass(frozen=True, kw_only=True)
class AllocationContext:
    """The documents of one country by which an item leaves or enters: they share the quantity of the item.

    `documents` have the quantities that the item uses of them. A document in `open_documents` has none, because it
    states none and several are possible.
    """

    item_index: int
    item: Item
    items: tuple[Item, ...]
    documents: tuple[CitationContext, ...]
    open_documents: tuple[CitationContext, ...] = ()

    @property
    def cited_line(self) -> None:
        """No permit, because the rules compare several documents."""
        return None

    def pointer(self, field: str) -> str:
        """Return the JSON Pointer of a field of the item."""
        return f"/items/{self.item_index}/{field}"

    def total(self, unit: Unit) -> Decimal | None:
        """Return the sum of the write-offs in a unit; None if one has no exact conversion."""
        if not all(units.is_convertible(one.declared_unit, unit) for one in self.documents):
            return None
        return sum_quantities(units.convert(one.declared_quantity, one.declared_unit, unit) for one in self.documents)


def _describe(documents: Iterable[CitationContext]) -> str:
    """Return the documents with their quantities: `ZA-1 100 number + ZA-2 50 number`."""
    parts = [
        f"{one.permit.content.number} {format_quantity(one.declared_quantity)} {one.declared_unit}" for one in documents
    ]
    return join_first(parts, " + ")


@rule(
    "write-off-sum",
    Severity.REFER,
    remedy="State quantities of the documents that add up to the quantity of the item, in a new version.",
    officer_remedy=CUSTOMS_DECIDES,
)
def write_offs_are_the_quantity(context: AllocationContext) -> Discrepancy | None:
    """The quantities of an item's documents must add up to the quantity of the item."""
    if context.open_documents or all(one.document.quantity is None for one in context.documents):
        return None
    item, total = context.item, context.total(context.item.unit)
    if total == item.quantity or (total is None and _is_net_mass(context)):
        return None
    text = "no exact conversion" if total is None else f"{format_quantity(total)} {item.unit}"
    return Discrepancy(
        pointer=context.pointer("documents"),
        expected=f"{format_quantity(item.quantity)} {item.unit}, the quantity of the item",
        found=f"{_describe(context.documents)}: {text}",
    )


@rule(
    "write-off-net-mass",
    Severity.REFER,
    remedy="Correct the net mass or the quantity in a new version, or wait for the decision of customs.",
    officer_remedy=CUSTOMS_DECIDES,
)
def write_offs_are_the_net_mass(context: AllocationContext) -> Discrepancy | None:
    """Quantities by weight must add up to the net mass of the item."""
    total, net_mass = context.total(Unit.KG), context.item.net_mass
    if context.open_documents or net_mass is None or total is None or total == net_mass:
        return None
    return Discrepancy(
        pointer=context.pointer("net_mass"),
        expected=f"{format_quantity(total)} kg, the sum of {_describe(context.documents)}",
        found=f"a net mass of {format_quantity(net_mass)} kg",
    )


def _is_net_mass(context: AllocationContext) -> bool:
    return context.item.net_mass is not None and context.total(Unit.KG) == context.item.net_mass


@rule(
    "write-off-stated",
    Severity.REFER,
    remedy='State the "quantity" of each document in a new version.',
    officer_remedy='Customs overrides the finding with a reason, the item and its "documents", each with its quantity.',
)
def allocation_is_certain(context: AllocationContext) -> Discrepancy | None:
    """Several documents for the same goods must each state their quantity, unless only one allocation is possible."""
    if not context.open_documents:
        return None
    left = [_describe_left(one) for one in context.open_documents]
    return Discrepancy(
        pointer=context.pointer("documents"),
        expected="a quantity in each document",
        found=f"{format_quantity(context.item.quantity)} {context.item.unit} for {join_first(left, ' and ')}",
    )


def _describe_left(one: CitationContext) -> str:
    number = one.permit.content.number
    if len(one.lines) != 1:
        return number
    remaining = format_quantity(available(one.line.balance, one.side))
    return f"{number} line {one.line.content.line} ({remaining} {one.line.content.unit} left)"


@dataclass(frozen=True, kw_only=True)
class RepeatedLineContext:
    """Two documents of an item that mean one permit line."""

    first: CitationContext
    second: CitationContext

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.second.items

    @property
    def cited_line(self) -> CitedLine:
        """The permit, with the line that both documents mean."""
        return self.second.cited_line


@rule(
    "one-use-of-line",
    Severity.BLOCK,
    remedy="State one use for the line in a new version, or make two items.",
    officer_remedy=CUSTOMS_OVERRIDES,
)
def line_has_one_use(context: RepeatedLineContext) -> Discrepancy | None:
    """An item must use a permit line in one way only."""
    first, second = context.first.document, context.second.document
    if (first.use, first.counted_by) == (second.use, second.counted_by):
        return None
    return Discrepancy(
        pointer=context.second.document_pointer("use"), expected=_describe_use(first), found=_describe_use(second)
    )


def _describe_use(document: Document) -> str:
    return f"{document.use} {document.counted_by}" if document.counted_by else document.use


ALLOCATION_RULES = (write_offs_are_the_quantity, write_offs_are_the_net_mass, allocation_is_certain)
RULES: tuple[Rule[AllocationContext] | Rule[RepeatedLineContext], ...] = (*ALLOCATION_RULES, line_has_one_use)
