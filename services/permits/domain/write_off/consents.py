"""What an item draws of what the authority consented to for it: so much as its line lacks, and for no other item.

The line itself is drawn on first. What is drawn goes back with the reservation or the use that it was drawn for, and
where the line came to have room since, with the next decision about its item; meanwhile it is nobody else's.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from services.permits.domain.ledger.balances import ZERO, Balance, Entry, Kind, consented, left, paper, taken
from services.permits.domain.values import Citation
from shared.contracts.quantities import EXACT


def unspent(citation: Citation) -> Decimal:
    """Answer what is left of the consent for an item."""
    return EXACT.subtract(citation.consented, citation.drawn)


def drawn_for(citation: Citation, balance: Balance, more: Decimal) -> tuple[Entry, ...]:
    """Write what an item draws for so much more than it holds, or gives back of what it drew where it is less.

    It draws what the line lacks, as far as its consent goes; what it drew and the line no longer lacks lapses first.
    """
    held = EXACT.add(taken(balance, citation.side), min(more, ZERO))
    lacking = max(EXACT.subtract(held, paper(balance, citation.side)), ZERO)
    back = lapsed(citation, EXACT.subtract(consented(balance, citation.side), lacking))
    needed = EXACT.subtract(more, left(balance, citation.side))
    return (*back, *_draw(with_drawn(citation, back), needed))


def drawn_to_cross(citation: Citation, balance: Balance, amount: Decimal) -> tuple[Entry, ...]:
    """Write what an item draws so that so much may cross at once."""
    own = EXACT.add(paper(balance, citation.side), citation.drawn)
    return _draw(citation, EXACT.subtract(amount, own))


def _draw(citation: Citation, lacking: Decimal) -> tuple[Entry, ...]:
    amount = min(lacking, unspent(citation))
    return (Entry(citation.side, Kind.DRAW, amount),) if amount > ZERO else ()


def lapsed(citation: Citation, less: Decimal) -> tuple[Entry, ...]:
    """Write what goes back of what an item drew, where it holds so much less than before."""
    amount = min(citation.drawn, less)
    return (Entry(citation.side, Kind.LAPSE, amount),) if amount > ZERO else ()


def with_drawn(citation: Citation, entries: Iterable[Entry]) -> Citation:
    """Answer a citation with what entries say that it draws more or less."""
    drawn = citation.drawn
    for entry in entries:
        if entry.kind is Kind.DRAW:
            drawn = EXACT.add(drawn, entry.quantity)
        elif entry.kind is Kind.LAPSE:
            drawn = EXACT.subtract(drawn, entry.quantity)
    return replace(citation, drawn=drawn)
