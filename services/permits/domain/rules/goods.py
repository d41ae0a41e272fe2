"""Rules about the goods of a line: taxon, term, unit, source, origin (boxes 7 to 12)."""

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.documents import was_in_force_when_used
from services.permits.domain.rules.line_quantities import counts_wholes
from services.permits.domain.rules.matching import (
    are_neighbouring_terms,
    describe_lines,
    join_first,
    line_origin_country,
)
from services.permits.domain.rules.quantities import is_first_use
from services.permits.domain.rules.quantity_estimates import estimate
from services.permits.domain.rules.rule import (
    AGREE_WITH_PERMIT,
    CUSTOMS_DECIDES,
    CUSTOMS_OVERRIDES,
    WAIT_OR_AGREE,
    Discrepancy,
    Rule,
    rule,
)
from shared.cites.customs_countries import is_same_country
from shared.contracts.closed_sets import DocumentUse, Severity, Side
from shared.contracts.quantities import EXACT, format_quantity


@rule(
    "CITES-box-7-taxon",
    Severity.BLOCK,
    remedy=AGREE_WITH_PERMIT,
    officer_remedy=CUSTOMS_OVERRIDES,
)
def taxon_agrees(context: CitationContext) -> Discrepancy | None:
    """The taxon must be the one of the permit line, or one that it covers (box 7)."""
    declared, stated = context.item.taxon, context.line.content.taxon
    if declared is None or context.facts.covers(stated, declared, context.day):
        return None
    if context.facts.may_cover(stated, declared, context.day):
        return None
    return Discrepancy(pointer=context.pointer("taxon"), expected=stated, found=declared)


@rule(
    "CITES-Conf-12.11-name",
    Severity.REFER,
    remedy="State the name of the permit line in a new version, or wait for the decision of customs.",
    officer_remedy="Customs finds out whether the two names mean one taxon. It overrides the finding with a reason or "
    "refuses the goods.",
)
def name_is_known(context: CitationContext) -> Discrepancy | None:
    """A name that differs from the permit line must be in a list (Resolution Conf. 12.11).

    Otherwise it may be a synonym of the permit's name, or the permit's name one of it. An officer decides.
    """
    declared, stated = context.item.taxon, context.line.content.taxon
    if declared is None or context.facts.covers(stated, declared, context.day):
        return None
    if not context.facts.may_cover(stated, declared, context.day):
        return None
    unknown = [one for one in (stated, declared) if not context.facts.listings.is_identified(one, context.day)]
    return Discrepancy(
        pointer=context.pointer("taxon"),
        expected=stated if len(context.lines) == 1 else describe_lines(context.lines),
        found=declared,
        note=f"no list has {' and '.join(unknown)}",
    )


@rule(
    "CITES-box-9-term",
    Severity.BLOCK,
    remedy=AGREE_WITH_PERMIT,
    officer_remedy=CUSTOMS_OVERRIDES,
)
def term_agrees(context: CitationContext) -> Discrepancy | None:
    """The term must be the one of the permit line (box 9)."""
    expected, found = context.line.content.term, context.item.term
    if found is None or found == expected or are_neighbouring_terms(expected, found):
        return None
    return Discrepancy(pointer=context.pointer("term"), expected=expected, found=found)


@rule(
    "CITES-box-9-neighbouring-term",
    Severity.REFER,
    remedy=WAIT_OR_AGREE,
    officer_remedy="Customs sees which term is right, then overrides the finding with a reason or refuses the goods.",
)
def term_is_not_neighbouring(context: CitationContext) -> Discrepancy | None:
    """The term must be the one of the permit line, not a neighbouring one (box 9).

    Neighbouring terms describe the same goods, so an officer decides.
    """
    expected, found = context.line.content.term, context.item.term
    if found is None or found == expected or not are_neighbouring_terms(expected, found):
        return None
    return Discrepancy(
        pointer=context.pointer("term"), expected=expected, found=found, note=_describe_wholes(context, found)
    )


def _describe_wholes(context: CitationContext, found: str) -> str | None:
    """Return how the hub counts the declared parts of what the line states, or None if it counts both alike."""
    line = context.line.content
    if {line.term, found} == {"SKI", "SID"}:
        return "two sides (SID) are one skin (SKI)"
    if len(context.lines) > 1 or not counts_wholes(line, found) or context.requested is None:
        return None
    number = format_quantity(context.requested)
    if line.term == "TRO":
        return f"all parts of one animal are one trophy; this item counts as {number} of line {line.line}"
    return f"this item counts as {number} of line {line.line}: two shoes are one pair, 52 piano keys one set"


@rule(
    "CITES-box-11-unit",
    Severity.REFER,
    remedy="State the quantity in the unit of the permit line, or wait until customs states it.",
    officer_remedy='Customs overrides the finding with a reason, the item and the "quantity" in the unit of the line.',
)
def unit_converts(context: CitationContext) -> Discrepancy | None:
    """The unit must convert exactly into the unit of the permit line (box 11)."""
    expected, found = context.line.content.unit, context.declared_unit
    if context.requested is not None or units.is_convertible(found, expected):
        return None
    description = f"{found}, and {found} to {expected} has no exact conversion"
    return Discrepancy(
        pointer=context.quantity_pointer("unit"),
        expected=expected,
        found=description,
        note=estimate(context.line.content, context.item.term, quantity=context.declared_quantity, unit=found),
    )


@rule(
    "CITES-box-10-source",
    Severity.REFER,
    remedy=WAIT_OR_AGREE,
    officer_remedy=CUSTOMS_DECIDES,
)
def source_agrees(context: CitationContext) -> Discrepancy | None:
    """The source must be the one of the permit line (box 10)."""
    expected, found = context.line.content.source, context.item.source
    return (
        None
        if found is None or found == expected
        else Discrepancy(pointer=context.pointer("source"), expected=expected, found=found)
    )


@rule(
    "CITES-box-10-underlying-source",
    Severity.REFER,
    remedy=WAIT_OR_AGREE,
    officer_remedy=CUSTOMS_DECIDES,
)
def underlying_source_agrees(context: CitationContext) -> Discrepancy | None:
    """The underlying source must be the one of the permit line (box 10)."""
    expected, found = context.line.content.underlying_source, context.item.underlying_source
    if None in (expected, found) or expected == found:
        return None
    return Discrepancy(pointer=context.pointer("underlying_source"), expected=expected, found=found)


@rule(
    "CITES-box-12-origin",
    Severity.REFER,
    remedy=WAIT_OR_AGREE,
    officer_remedy=CUSTOMS_DECIDES,
)
def origin_agrees(context: CitationContext) -> Discrepancy | None:
    """The country of origin must be the one of the permit line (box 12)."""
    found = context.item.origin_country
    expected = line_origin_country(context.permit, context.line)
    return (
        None
        if found is None or is_same_country(found, expected)
        else Discrepancy(pointer=context.pointer("origin_country"), expected=expected, found=found)
    )


@rule(
    "one-line-meant",
    Severity.REFER,
    remedy="Name the line in a new version, or wait until customs names it.",
    officer_remedy='Customs overrides the finding with a reason, the item and the "line" that covers the goods.',
)
def line_is_unambiguous(context: CitationContext) -> Discrepancy | None:
    """The goods must fit only one line of the permit."""
    if len(context.lines) < 2:
        return None
    return Discrepancy(
        pointer=context.document_pointer("line"),
        expected="one line",
        found=f"lines that fit: {describe_lines(context.lines)}",
    )


@rule(
    "CITES-box-15-part-use",
    Severity.REFER,
    remedy="State the transport document of box 15 in a new version, or wait for the decision of customs.",
    officer_remedy="Customs checks that the load belongs to the endorsed shipment, then overrides the finding with "
    "a reason or refuses the goods.",
)
def part_use_is_of_one_shipment(context: CitationContext) -> Discrepancy | None:
    """A part use must belong to the shipment that was endorsed (box 15).

    The transport document identifies the shipment. An import permit is never endorsed: the endorsements of the item's
    other documents count, else its earlier parts.
    """
    if context.document.use != DocumentUse.PART or context.side is Side.EXPORT or _is_second_use(context):
        return None
    declared, known = context.declaration.transport_document, context.endorsed_transport_documents
    if context.is_never_endorsed and not known:
        earlier = _earlier_parts(context)
        if not earlier:
            return None
        known = frozenset(document for document in earlier if document)
    if declared is not None and declared in known:
        return None
    where = "that each part states" if context.is_never_endorsed else "that the endorsement names"
    expected = join_first(sorted(known), ", ") if known else f"a transport document {where}"
    return Discrepancy(
        pointer=context.document_pointer("use"), expected=expected, found=declared or "no transport document"
    )


def _is_second_use(context: CitationContext) -> bool:
    """Return whether the use is blocked as a second use. Its shipment is the cause, so one finding is enough."""
    return len(context.lines) == 1 and is_first_use.find_discrepancy(context) is not None


def _earlier_parts(context: CitationContext) -> set[str | None]:
    totals = context.permit.usage_index.by_line.get((context.line.content.line, context.side), ())
    return {usage.transport_document for usage in totals if usage.use == DocumentUse.PART}


@rule(
    "counted-already",
    Severity.REFER,
    remedy='Name that declaration in "counted_by" by its id or reference, or change the "use", in a new version.',
    officer_remedy="Customs checks which declaration counted the use, then overrides the finding with a reason or "
    "refuses the goods.",
)
def was_counted_elsewhere(context: CitationContext) -> Discrepancy | None:
    """A use that was counted already must name the declaration that counted it."""
    if context.document.use != DocumentUse.ALREADY_COUNTED or context.is_transit:
        return None
    named, line = context.document.counted_by, context.line.content
    counted = claimed = ZERO
    if context.counting_declaration is not None:
        key, index = (line.line, context.side, context.counting_declaration), context.permit.count_index
        counted = index.counted.get(key, ZERO)
        claimed = EXACT.add(index.claimed.get(key, ZERO), context.own_claims.get((context.permit.id, *key), ZERO))
    if counted > ZERO and EXACT.add(context.requested or ZERO, claimed) <= counted:
        return None
    requested = (
        f"{format_quantity(context.requested)} {line.unit}"
        if context.requested is not None
        else f"{context.declared_unit}"
    )
    quantity = f"{format_quantity(counted)} {line.unit}, {format_quantity(claimed)} of it for others"
    found = f"{named or 'none named'}, which counted {quantity}"
    expected = f"a declaration that counted {requested} of this line"
    return Discrepancy(
        pointer=context.document_pointer("counted_by"),
        expected=expected,
        found=found if counted > ZERO else named or "none named",
    )


@rule("reported-late", Severity.NOTE)
def is_reported_late(context: CitationContext) -> Discrepancy | None:
    """The trader reports this use late; it counts like any other."""
    return (
        Discrepancy(pointer=context.document_pointer("use"), expected=None, found="late")
        if context.document.use == DocumentUse.LATE and was_in_force_when_used.find_discrepancy(context) is None
        else None
    )


RULES: tuple[Rule[CitationContext], ...] = (
    taxon_agrees,
    name_is_known,
    term_agrees,
    term_is_not_neighbouring,
    unit_converts,
    source_agrees,
    underlying_source_agrees,
    origin_agrees,
    line_is_unambiguous,
    part_use_is_of_one_shipment,
    was_counted_elsewhere,
    is_reported_late,
)
