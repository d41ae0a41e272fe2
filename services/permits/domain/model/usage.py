"""What uses hold of the sides of a permit's lines, summed up by kind of use and shipment."""

from collections.abc import Iterable
from decimal import Decimal

from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.values import Citation, Holding
from shared.contracts.quantities import EXACT

Held = tuple[Holding, ...]


def hold(held: Held, citations: Iterable[Citation]) -> Held:
    """Add the reservations of citations to what is held."""
    for citation in citations:
        held = _changed(held, _holding(citation))
    return held


def let_go(held: Held, citation: Citation) -> Held:
    """Take the reservation of a citation out of what is held."""
    return _changed(held, _reserving(_holding(citation), EXACT.minus(citation.reserved)))


def _holding(citation: Citation) -> Holding:
    c = citation
    return Holding(c.line, c.side, c.use, c.transport_document, True, c.reserved, ZERO)


def _changed(held: Held, change: Holding) -> Held:
    for place, here in enumerate(held):
        if _alike(here, change):
            total = EXACT.add(here.reserved, change.reserved)
            left = (_reserving(here, total),) if total else ()
            return (*held[:place], *left, *held[place + 1 :])
    if change.reserved < 0:
        raise ValueError(f"nothing is held of line {change.line} that could be let go")
    return (*held, change)


def _reserving(held: Holding, total: Decimal) -> Holding:
    return Holding(held.line, held.side, held.use, held.transport_document, held.open, total, held.used)


def _alike(one: Holding, other: Holding) -> bool:
    return (one.line, one.side, one.use, one.transport_document, one.open) == (
        other.line,
        other.side,
        other.use,
        other.transport_document,
        other.open,
    )
