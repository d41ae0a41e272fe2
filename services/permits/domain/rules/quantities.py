"""Is enough left, and is this the first use? One document, one shipment (Articles VI.5 and VI.6, box 11)."""

from collections.abc import Iterable
from decimal import Decimal

from services.permits.domain.ledger.balances import ZERO, available, closed, used
from services.permits.domain.rules.context import Case, Difference, Rule
from services.permits.domain.values import Holding
from shared.contracts.quantities import EXACT, plain


def rivals(case: Case) -> tuple[Holding, ...]:
    """Answer the standing and past uses of other declarations that this use cannot stand beside.

    A certificate for many crossings has none: each crossing is a line of its continuation sheet.
    """
    if case.permit.many_crossings:
        return ()
    letter = case.line.terms.line
    return tuple(
        use
        for use in case.permit.held
        if use.side is case.side and use.line == letter and not _of_one_shipment(use, case)
    )


def _of_one_shipment(use: Holding, case: Case) -> bool:
    """Say whether an earlier part use and this one are of one shipment, as the endorsed transport documents name it.

    While the earlier one stands open both must be part uses; once it is released another part use adds up (of goods
    that left under no endorsed document customs says so, box 15), and one that was endorsed may use up the rest.
    """
    mine, endorsed = case.declaration.transport_document, case.endorsed
    both_part = use.use == "part" and case.document.use == "part"
    if both_part and not use.open:
        return True
    same = mine is not None and use.transport_document in {mine, *(endorsed if mine in endorsed else ())}
    used_up = use.use == "part" and not use.open
    return (same and both_part) or (used_up and (same or mine in endorsed))


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
    held = plain(sum_of(EXACT.add(use.reserved, use.used) for use in others))
    return Difference(
        case.cites("number"), "a line not in use", f"{held} {line.terms.unit} set aside or used by another"
    )


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
