"""Is enough left, and is this the first use? One document, one shipment (Articles VI.5 and VI.6, box 11)."""

from collections.abc import Iterable
from decimal import Decimal

from services.permits.domain.ledger import ZERO, available, closed, used
from services.permits.domain.rules.cases import Case, Difference, Rule
from services.permits.domain.values import Citation
from shared.contracts.words import EXACT, plain


def rivals(case: Case) -> tuple[Citation, ...]:
    """Answer the standing reservations of other declarations that this use cannot stand beside."""
    mine = case.declaration
    return tuple(
        use
        for use in case.permit.uses
        if use.open
        and use.side is case.side
        and use.line == case.line.terms.line
        and not _of_one_shipment(use, case.document.use, mine.transport_document)
    )


def _of_one_shipment(use: Citation, mine: str, transport_document: str | None) -> bool:
    both_part = use.use == "part" and mine == "part"
    return both_part and transport_document is not None and use.transport_document == transport_document


def is_first_use(case: Case) -> Difference | None:
    """A document covers one shipment: its line is not used a second time (Articles VI.5 and VI.6)."""
    line = case.line
    if case.document.use == "already_counted":
        return None
    if closed(line.balance, case.side):
        amount = plain(used(line.balance, case.side))
        return Difference(case.cites("number"), "a line not used before", f"used for {amount} {line.terms.unit}")
    others = rivals(case)
    if not others:
        return None
    held = plain(sum_of(use.reserved for use in others))
    return Difference(case.cites("number"), "a line not in use", f"{held} {line.terms.unit} set aside for another")


def enough_is_left(case: Case) -> Difference | None:
    """No more is taken than the line has left (box 11, and box 14 once endorsed)."""
    if case.asked is None or case.document.use == "already_counted":
        return None
    left = available(case.line.balance, case.side)
    if case.asked <= left and is_first_use(case) is None:
        return None
    left = left if case.asked > left else ZERO
    unit = case.line.terms.unit
    return Difference(case.at("quantity"), f"at most {plain(left)} {unit}", f"{plain(case.asked)} {unit}")


def sum_of(amounts: Iterable[Decimal]) -> Decimal:
    """Add quantities exactly."""
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


RULES: tuple[Rule, ...] = (
    Rule("CITES-VI.6-second-use", "block", is_first_use),
    Rule("CITES-box-11-quantity", "block", enough_is_left),
)
SECOND_USE, QUANTITY = RULES[0].name, RULES[1].name
