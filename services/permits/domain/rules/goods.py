"""Are the declared goods those of the line? Taxon, term, unit, source, origin (boxes 7 to 12)."""

from services.permits.domain import units
from services.permits.domain.ledger.balances import ZERO, Side
from services.permits.domain.rules.context import Case, Difference, Rule
from services.permits.domain.rules.matching import in_words, neighbours, origin
from services.permits.domain.rules.quantities import sum_of
from services.permits.domain.rules.quantity_estimates import guess
from shared.contracts.quantities import EXACT, plain


def taxon_agrees(case: Case) -> Difference | None:
    """The goods are of the taxon the line names, or of one that it covers (box 7)."""
    stated = case.item.taxon
    if stated is None or case.facts.covers(case.line.terms.taxon, stated, case.day):
        return None
    return Difference(case.at("taxon"), case.line.terms.taxon, stated)


def term_agrees(case: Case) -> Difference | None:
    """The goods are what the line describes (box 9)."""
    expected, found = case.line.terms.term, case.item.term
    if found is None or found == expected or neighbours(expected, found):
        return None
    return Difference(case.at("term"), expected, found)


def term_is_the_same(case: Case) -> Difference | None:
    """A neighbouring term for the same goods is for an officer to settle (box 9)."""
    expected, found = case.line.terms.term, case.item.term
    if found is None or found == expected or not neighbours(expected, found):
        return None
    sides = {expected, found} == {"SKI", "SID"}
    return Difference(case.at("term"), expected, found, "two sides (SID) are one skin (SKI)" if sides else None)


def unit_converts(case: Case) -> Difference | None:
    """A quantity converts exactly into the line's unit, or an officer says how much it is (box 11)."""
    expected, found = case.line.terms.unit, case.item.unit
    if units.convertible(found, expected):
        return None
    told = f"{found}, and {found} to {expected} has no exact conversion"
    return Difference(case.at("unit"), expected, told, guess(case.line.terms, case.item))


def source_agrees(case: Case) -> Difference | None:
    """The specimens come from the source the line states (box 10)."""
    expected, found = case.line.terms.source, case.item.source
    return None if found is None or found == expected else Difference(case.at("source"), expected, found)


def underlying_source_agrees(case: Case) -> Difference | None:
    """What stands beside source I or O is the source the line states beside it (box 10)."""
    expected, found = case.line.terms.underlying_source, case.item.underlying_source
    if None in (expected, found) or expected == found:
        return None
    return Difference(case.at("underlying_source"), expected, found)


def origin_agrees(case: Case) -> Difference | None:
    """The specimens originate in the country the line states (box 12)."""
    found = case.item.origin_country
    expected = origin(case.permit, case.line)
    return None if found is None or found == expected else Difference(case.at("origin_country"), expected, found)


def is_unmistakable(case: Case) -> Difference | None:
    """Where more than one line may be meant, an officer says which."""
    if len(case.lines) < 2:
        return None
    letters = "; ".join(in_words(line) for line in case.lines)
    return Difference(case.cites("line"), "one line", f"lines that fit: {letters}")


def part_use_is_of_one_shipment(case: Case) -> Difference | None:
    """A part use is of the shipment that was endorsed, by its transport document, or is noted by customs (box 15).

    An import permit is never endorsed: what is endorsed on the documents beside it counts, else its earlier parts.
    """
    if case.document.use != "part" or case.side is Side.EXPORT:
        return None
    stated, known = case.declaration.transport_document, case.endorsed
    if case.never_endorsed and not known:
        earlier = _earlier_parts(case)
        if not earlier:
            return None
        known = frozenset(document for document in earlier if document)
    if stated is not None and stated in known:
        return None
    where = "stated with each part" if case.never_endorsed else "on the endorsement"
    expected = ", ".join(sorted(known)) or f"a transport document {where}"
    return Difference(case.cites("use"), expected, stated or "no transport document")


def _earlier_parts(case: Case) -> set[str | None]:
    here = case.line.terms.line, case.side, "part"
    return {held.transport_document for held in case.permit.held if (held.line, held.side, held.use) == here}


def was_counted_there(case: Case) -> Difference | None:
    """A use that was counted already names the declaration that counted it, and is not counted again."""
    if case.document.use != "already_counted":
        return None
    named, line = case.document.counted_by, case.line.terms
    here = [use for use in case.permit.uses if (use.line, use.side) == (line.line, case.side)]
    counted = sum_of(use.used for use in here if use.declaration == case.counter)
    claimed = sum_of(use.counted for use in here if case.counter and use.counted_by == case.counter)
    if counted > ZERO and EXACT.add(case.asked or ZERO, claimed) <= counted:
        return None
    asked = f"{plain(case.asked)} {line.unit}" if case.asked is not None else f"{case.item.unit}"
    found = f"{named or 'none named'}, which counted {plain(counted)} {line.unit}, {plain(claimed)} of it for others"
    expected = f"a declaration that counted {asked} of this line"
    return Difference(case.cites("counted_by"), expected, found if counted > ZERO else named or "none named")


def is_reported_late(case: Case) -> Difference | None:
    """Usage reported after the fact is counted like any other."""
    return Difference(case.cites("use"), None, "late") if case.document.use == "late" else None


UNIT, ONE_LINE = "CITES-box-11-unit", "one-line-meant"
"""Rules that an officer settles by saying a quantity in the line's unit, or the line that is meant."""
COUNTED_RULES = (Rule("counted-already", "refer", was_counted_there),)
COUNTED = COUNTED_RULES[0].name

RULES: tuple[Rule, ...] = (
    Rule("CITES-box-7-taxon", "block", taxon_agrees),
    Rule("CITES-box-9-term", "block", term_agrees),
    Rule("CITES-box-9-neighbouring-term", "refer", term_is_the_same),
    Rule(UNIT, "refer", unit_converts),
    Rule("CITES-box-10-source", "refer", source_agrees),
    Rule("CITES-box-10-underlying-source", "refer", underlying_source_agrees),
    Rule("CITES-box-12-origin", "refer", origin_agrees),
    Rule(ONE_LINE, "refer", is_unmistakable),
    Rule("CITES-box-15-part-use", "refer", part_use_is_of_one_shipment),
    *COUNTED_RULES,
    Rule("reported-late", "note", is_reported_late),
)
