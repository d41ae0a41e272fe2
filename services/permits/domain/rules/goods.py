"""Rules about the goods of a line: taxon, term, unit, source, origin (boxes 7 to 12)."""

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.matching import are_neighbouring_terms, describe_line, line_origin_country
from services.permits.domain.rules.quantities import sum_quantities
from services.permits.domain.rules.quantity_estimates import estimate
from services.permits.domain.rules.rule import CUSTOMS_DECIDES, STATE_IT_RIGHT, Discrepancy, Rule, rule
from shared.contracts.closed_sets import DocumentUse, Severity, Side
from shared.contracts.quantities import EXACT, format_quantity


@rule("CITES-box-7-taxon", Severity.BLOCK, remedy=STATE_IT_RIGHT)
def taxon_agrees(context: CitationContext) -> Discrepancy | None:
    """The goods are of the taxon the line names, or of one that it covers (box 7)."""
    declared = context.item.taxon
    if declared is None or context.facts.covers(context.line.content.taxon, declared, context.day):
        return None
    return Discrepancy(pointer=context.pointer("taxon"), expected=context.line.content.taxon, found=declared)


@rule("CITES-box-9-term", Severity.BLOCK, remedy=STATE_IT_RIGHT)
def term_agrees(context: CitationContext) -> Discrepancy | None:
    """The goods are what the line describes (box 9)."""
    expected, found = context.line.content.term, context.item.term
    if found is None or found == expected or are_neighbouring_terms(expected, found):
        return None
    return Discrepancy(pointer=context.pointer("term"), expected=expected, found=found)


@rule("CITES-box-9-neighbouring-term", Severity.REFER, remedy="Customs sees which term is right and overrides this.")
def term_is_not_neighbouring(context: CitationContext) -> Discrepancy | None:
    """A neighbouring term for the same goods is for an officer to settle (box 9)."""
    expected, found = context.line.content.term, context.item.term
    if found is None or found == expected or not are_neighbouring_terms(expected, found):
        return None
    sides = {expected, found} == {"SKI", "SID"}
    return Discrepancy(
        pointer=context.pointer("term"),
        expected=expected,
        found=found,
        note="two sides (SID) are one skin (SKI)" if sides else None,
    )


@rule(
    "CITES-box-11-unit",
    Severity.REFER,
    remedy='Customs overrides this with the "quantity" in the unit of the line.',
)
def unit_converts(context: CitationContext) -> Discrepancy | None:
    """A quantity converts exactly into the line's unit, or an officer says how much it is (box 11)."""
    expected, found = context.line.content.unit, context.item.unit
    if units.is_convertible(found, expected):
        return None
    description = f"{found}, and {found} to {expected} has no exact conversion"
    return Discrepancy(
        pointer=context.pointer("unit"),
        expected=expected,
        found=description,
        note=estimate(context.line.content, context.item),
    )


@rule("CITES-box-10-source", Severity.REFER, remedy=CUSTOMS_DECIDES)
def source_agrees(context: CitationContext) -> Discrepancy | None:
    """The specimens come from the source the line states (box 10)."""
    expected, found = context.line.content.source, context.item.source
    return (
        None
        if found is None or found == expected
        else Discrepancy(pointer=context.pointer("source"), expected=expected, found=found)
    )


@rule("CITES-box-10-underlying-source", Severity.REFER, remedy=CUSTOMS_DECIDES)
def underlying_source_agrees(context: CitationContext) -> Discrepancy | None:
    """What stands beside source I or O is the source the line states beside it (box 10)."""
    expected, found = context.line.content.underlying_source, context.item.underlying_source
    if None in (expected, found) or expected == found:
        return None
    return Discrepancy(pointer=context.pointer("underlying_source"), expected=expected, found=found)


@rule("CITES-box-12-origin", Severity.REFER, remedy=CUSTOMS_DECIDES)
def origin_agrees(context: CitationContext) -> Discrepancy | None:
    """The specimens originate in the country the line states (box 12)."""
    found = context.item.origin_country
    expected = line_origin_country(context.permit, context.line)
    return (
        None
        if found is None or found == expected
        else Discrepancy(pointer=context.pointer("origin_country"), expected=expected, found=found)
    )


@rule(
    "one-line-meant",
    Severity.REFER,
    remedy='Customs overrides this with the "line" that is meant, or the trader names it.',
)
def line_is_unambiguous(context: CitationContext) -> Discrepancy | None:
    """Where more than one line may be meant, an officer says which."""
    if len(context.lines) < 2:
        return None
    descriptions = "; ".join(describe_line(line) for line in context.lines)
    return Discrepancy(
        pointer=context.document_pointer("line"), expected="one line", found=f"lines that fit: {descriptions}"
    )


@rule(
    "CITES-box-15-part-use",
    Severity.REFER,
    remedy="State the transport document that was endorsed, or customs overrides this.",
)
def part_use_is_of_one_shipment(context: CitationContext) -> Discrepancy | None:
    """A part use is of the shipment that was endorsed, by its transport document, or is noted by customs (box 15).

    An import permit is never endorsed: what is endorsed on the documents beside it counts, else its earlier parts.
    """
    if context.document.use != DocumentUse.PART or context.side is Side.EXPORT:
        return None
    declared, known = context.declaration.transport_document, context.endorsed_transport_documents
    if context.is_never_endorsed and not known:
        earlier = _earlier_parts(context)
        if not earlier:
            return None
        known = frozenset(document for document in earlier if document)
    if declared is not None and declared in known:
        return None
    where = "stated with each part" if context.is_never_endorsed else "on the endorsement"
    expected = ", ".join(sorted(known)) or f"a transport document {where}"
    return Discrepancy(
        pointer=context.document_pointer("use"), expected=expected, found=declared or "no transport document"
    )


def _earlier_parts(context: CitationContext) -> set[str | None]:
    wanted = context.line.content.line, context.side, DocumentUse.PART
    return {
        usage.transport_document
        for usage in context.permit.usage_totals
        if (usage.line, usage.side, usage.use) == wanted
    }


@rule(
    "counted-already",
    Severity.REFER,
    remedy="Name in counted_by the declaration that counted it, by id or reference, or let this one count.",
)
def was_counted_elsewhere(context: CitationContext) -> Discrepancy | None:
    """A use that was counted already names the declaration that counted it, and is not counted again."""
    if context.document.use != DocumentUse.ALREADY_COUNTED:
        return None
    named, line = context.document.counted_by, context.line.content
    citations = [
        citation for citation in context.permit.citations if (citation.line, citation.side) == (line.line, context.side)
    ]
    counted = sum_quantities(
        citation.used for citation in citations if citation.declaration == context.counting_declaration
    )
    claimed = sum_quantities(
        citation.counted_elsewhere
        for citation in citations
        if context.counting_declaration and citation.counted_by == context.counting_declaration
    )
    if counted > ZERO and EXACT.add(context.requested or ZERO, claimed) <= counted:
        return None
    requested = (
        f"{format_quantity(context.requested)} {line.unit}" if context.requested is not None else f"{context.item.unit}"
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
    """Usage reported after the fact is counted like any other."""
    return (
        Discrepancy(pointer=context.document_pointer("use"), expected=None, found="late")
        if context.document.use == DocumentUse.LATE
        else None
    )


RULES: tuple[Rule[CitationContext], ...] = (
    taxon_agrees,
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
