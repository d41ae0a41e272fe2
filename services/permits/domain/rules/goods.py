"""Are the declared goods those of the line? Taxon, term, unit, source, origin (boxes 7 to 12)."""

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.rules.context import CitationContext, Discrepancy, Rule
from services.permits.domain.rules.matching import are_neighbouring_terms, describe_line, line_origin_country
from services.permits.domain.rules.quantities import sum_quantities
from services.permits.domain.rules.quantity_estimates import estimate
from shared.contracts.closed_sets import DocumentUse, Side
from shared.contracts.quantities import EXACT, format_quantity


def taxon_agrees(context: CitationContext) -> Discrepancy | None:
    """The goods are of the taxon the line names, or of one that it covers (box 7)."""
    declared = context.item.taxon
    if declared is None or context.facts.covers(context.line.content.taxon, declared, context.day):
        return None
    return Discrepancy(context.pointer("taxon"), context.line.content.taxon, declared)


def term_agrees(context: CitationContext) -> Discrepancy | None:
    """The goods are what the line describes (box 9)."""
    expected, found = context.line.content.term, context.item.term
    if found is None or found == expected or are_neighbouring_terms(expected, found):
        return None
    return Discrepancy(context.pointer("term"), expected, found)


def term_is_not_neighbouring(context: CitationContext) -> Discrepancy | None:
    """A neighbouring term for the same goods is for an officer to settle (box 9)."""
    expected, found = context.line.content.term, context.item.term
    if found is None or found == expected or not are_neighbouring_terms(expected, found):
        return None
    sides = {expected, found} == {"SKI", "SID"}
    return Discrepancy(
        context.pointer("term"), expected, found, "two sides (SID) are one skin (SKI)" if sides else None
    )


def unit_converts(context: CitationContext) -> Discrepancy | None:
    """A quantity converts exactly into the line's unit, or an officer says how much it is (box 11)."""
    expected, found = context.line.content.unit, context.item.unit
    if units.is_convertible(found, expected):
        return None
    description = f"{found}, and {found} to {expected} has no exact conversion"
    return Discrepancy(context.pointer("unit"), expected, description, estimate(context.line.content, context.item))


def source_agrees(context: CitationContext) -> Discrepancy | None:
    """The specimens come from the source the line states (box 10)."""
    expected, found = context.line.content.source, context.item.source
    return None if found is None or found == expected else Discrepancy(context.pointer("source"), expected, found)


def underlying_source_agrees(context: CitationContext) -> Discrepancy | None:
    """What stands beside source I or O is the source the line states beside it (box 10)."""
    expected, found = context.line.content.underlying_source, context.item.underlying_source
    if None in (expected, found) or expected == found:
        return None
    return Discrepancy(context.pointer("underlying_source"), expected, found)


def origin_agrees(context: CitationContext) -> Discrepancy | None:
    """The specimens originate in the country the line states (box 12)."""
    found = context.item.origin_country
    expected = line_origin_country(context.permit, context.line)
    return (
        None if found is None or found == expected else Discrepancy(context.pointer("origin_country"), expected, found)
    )


def line_is_unambiguous(context: CitationContext) -> Discrepancy | None:
    """Where more than one line may be meant, an officer says which."""
    if len(context.lines) < 2:
        return None
    descriptions = "; ".join(describe_line(line) for line in context.lines)
    return Discrepancy(context.document_pointer("line"), "one line", f"lines that fit: {descriptions}")


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
    return Discrepancy(context.document_pointer("use"), expected, declared or "no transport document")


def _earlier_parts(context: CitationContext) -> set[str | None]:
    wanted = context.line.content.line, context.side, DocumentUse.PART
    return {
        usage.transport_document
        for usage in context.permit.usage_totals
        if (usage.line, usage.side, usage.use) == wanted
    }


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
        context.document_pointer("counted_by"), expected, found if counted > ZERO else named or "none named"
    )


def is_reported_late(context: CitationContext) -> Discrepancy | None:
    """Usage reported after the fact is counted like any other."""
    return (
        Discrepancy(context.document_pointer("use"), None, "late") if context.document.use == DocumentUse.LATE else None
    )


UNIT_RULE, ONE_LINE_RULE = "CITES-box-11-unit", "one-line-meant"
"""Rules that an officer settles by saying a quantity in the line's unit, or the line that is meant."""
COUNTED_RULES = (Rule("counted-already", "refer", was_counted_elsewhere),)
COUNTED_RULE = COUNTED_RULES[0].name

RULES: tuple[Rule, ...] = (
    Rule("CITES-box-7-taxon", "block", taxon_agrees),
    Rule("CITES-box-9-term", "block", term_agrees),
    Rule("CITES-box-9-neighbouring-term", "refer", term_is_not_neighbouring),
    Rule(UNIT_RULE, "refer", unit_converts),
    Rule("CITES-box-10-source", "refer", source_agrees),
    Rule("CITES-box-10-underlying-source", "refer", underlying_source_agrees),
    Rule("CITES-box-12-origin", "refer", origin_agrees),
    Rule(ONE_LINE_RULE, "refer", line_is_unambiguous),
    Rule("CITES-box-15-part-use", "refer", part_use_is_of_one_shipment),
    *COUNTED_RULES,
    Rule("reported-late", "note", is_reported_late),
)
