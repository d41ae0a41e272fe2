"""Rules about the quantity of a line: one document, one shipment (Articles VI.5 and VI.6, box 11)."""

from collections.abc import Iterable
from decimal import Decimal

from services.permits.domain.ledger.balances import ZERO, available, is_closed, used
from services.permits.domain.model.usage import UsageTotal
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.contracts.closed_sets import DocumentUse, Severity
from shared.contracts.quantities import EXACT, format_quantity


def competing_quantity(context: CitationContext) -> Decimal | None:
    """Return the quantity that other declarations reserved or used, in the line's unit, if this is a second use.

    None means that no other shipment uses the line. A certificate for many crossings has no second use, because each
    crossing is a row of its continuation sheet.
    """
    index = context.permit.usage_index
    totals = index.by_line.get((context.line.content.line, context.side))
    if totals is None or context.permit.is_for_many_crossings:
        return None
    key = (
        context.line.content.line,
        context.side,
        context.document.use,
        context.declaration.transport_document,
        context.endorsed_transport_documents,
    )
    if key not in index.competing:
        others = [use for use in totals if not _is_same_shipment(use, context)]
        total = sum_quantities(EXACT.add(use.reserved, use.used) for use in others)
        index.competing[key] = total if others else None
    return index.competing[key]


def _is_same_shipment(use: UsageTotal, context: CitationContext) -> bool:
    """Return whether an earlier use and this one are of one shipment, by their transport documents (box 15).

    If the earlier use is not released, both must be part uses of the shipment. After its release, a further part use
    is always possible, and another rule compares its transport document. After the release of a part use, a full use
    may use up the rest if its transport document is that of the shipment.
    """
    transport_document, endorsed_documents = (
        context.declaration.transport_document,
        context.endorsed_transport_documents,
    )
    both_part = use.use == DocumentUse.PART and context.document.use == DocumentUse.PART
    if both_part and not use.is_open:
        return True
    same = transport_document is not None and use.transport_document in {
        transport_document,
        *(endorsed_documents if transport_document in endorsed_documents else ()),
    }
    used_up = use.use == DocumentUse.PART and not use.is_open
    return (same and both_part) or (used_up and (same or transport_document in endorsed_documents))


@rule(
    "CITES-VI.6-second-use",
    Severity.BLOCK,
    remedy="Cite another permit. For a further load of the shipment, amend the first declaration, then this one: "
    'both state `"use": "part"` and the transport document of box 15.',
    officer_remedy="Customs overrides the finding with a reason only if the line may serve this shipment too.",
)
def is_first_use(context: CitationContext) -> Discrepancy | None:
    """A permit line must serve one shipment only (Articles VI.5 and VI.6)."""
    line = context.line
    if context.document.use == DocumentUse.ALREADY_COUNTED:
        return None
    if is_closed(line.balance, context.side):
        amount = format_quantity(used(line.balance, context.side))
        return Discrepancy(
            pointer=context.document_pointer("number"),
            expected="a line that no shipment used",
            found=f"used for {amount} {line.content.unit}",
        )
    competing = competing_quantity(context)
    if competing is None:
        return None
    committed = format_quantity(competing)
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected="a line that no other declaration uses",
        found=f"{committed} {line.content.unit} set aside or used by other declarations",
    )


@rule(
    "CITES-box-11-quantity",
    Severity.BLOCK,
    remedy="State at most the quantity that is left, cite another permit, or ask the issuing authority to agree to "
    "more for this item.",
    officer_remedy="The issuing authority consents to the excess for this item. Customs then overrides the finding "
    "with a reason.",
)
def enough_remains(context: CitationContext) -> Discrepancy | None:
    """The quantity must not exceed what is left on the permit line (boxes 11 and 14)."""
    if context.requested is None or context.document.use == DocumentUse.ALREADY_COUNTED:
        return None
    remaining = available(context.line.balance, context.side)
    if context.requested <= remaining and is_first_use.find_discrepancy(context) is None:
        return None
    unit = context.line.content.unit
    limit = f"{format_quantity(remaining)} {unit}"
    expected = f"at most {limit}"
    if context.requested <= remaining:
        expected = f"no quantity while another declaration uses the line ({limit} left)"
    return Discrepancy(
        pointer=context.quantity_pointer("quantity"),
        expected=expected,
        found=f"{format_quantity(context.requested)} {unit}",
    )


def sum_quantities(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum of quantities of one unit."""
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


RULES: tuple[Rule[CitationContext], ...] = (
    is_first_use,
    enough_remains,
)
