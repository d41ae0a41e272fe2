"""Usage totals: the sums of citations on the sides of a permit's lines, by kind of use and shipment."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation
from shared.contracts.closed_sets import Side
from shared.contracts.quantities import EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotal:
    """The sums of all citations of one kind of use and one shipment on one side of a line, in the line's unit.

    Citations with a reservation (`is_open`) and released citations have separate totals.
    A line that a thousand declarations use in part has a thousand citations but two totals, which rules read.
    """

    line: str
    side: Side
    use: str
    transport_document: str | None
    is_open: bool
    reserved: Decimal
    used: Decimal


UsageTotals = tuple[UsageTotal, ...]


def add_reservations(totals: UsageTotals, citations: Iterable[Citation]) -> UsageTotals:
    """Return usage totals with the reservations of these citations added."""
    for citation in citations:
        totals = _add(totals, _reservation_total(citation))
    return totals


def remove_reservation(totals: UsageTotals, citation: Citation) -> UsageTotals:
    """Return usage totals without the reservation of a citation. Raise ValueError if they do not include it."""
    return _add(totals, _with_reserved(_reservation_total(citation), EXACT.minus(citation.reserved)))


def _reservation_total(citation: Citation) -> UsageTotal:
    c = citation
    return UsageTotal(
        line=c.line,
        side=c.side,
        use=c.use,
        transport_document=c.transport_document,
        is_open=True,
        reserved=c.reserved,
        used=ZERO,
    )


def _add(totals: UsageTotals, change: UsageTotal) -> UsageTotals:
    for place, existing in enumerate(totals):
        if _is_same_use(existing, change):
            reserved = EXACT.add(existing.reserved, change.reserved)
            remainder = (_with_reserved(existing, reserved),) if reserved else ()
            return (*totals[:place], *remainder, *totals[place + 1 :])
    if change.reserved < 0:
        raise ValueError(f"nothing is held of line {change.line} that could be let go")
    return (*totals, change)


def _with_reserved(usage: UsageTotal, reserved: Decimal) -> UsageTotal:
    return UsageTotal(
        line=usage.line,
        side=usage.side,
        use=usage.use,
        transport_document=usage.transport_document,
        is_open=usage.is_open,
        reserved=reserved,
        used=usage.used,
    )


def _is_same_use(one: UsageTotal, other: UsageTotal) -> bool:
    return (one.line, one.side, one.use, one.transport_document, one.is_open) == (
        other.line,
        other.side,
        other.use,
        other.transport_document,
        other.is_open,
    )
