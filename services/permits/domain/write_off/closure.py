"""When a use closes the side of a line, and when a correction opens it again (Articles VI.5 and VI.6).

A use that is no part use closes it, even if less was used. A side that only part uses draw on is closed exactly while
nothing of the permit itself is left, whatever others may yet use by a consent: at export an entry says so, where what
there is never changes; at import more may be endorsed, so the balance says so. The uses of one decision are counted
together, one after the other.
"""

from decimal import Decimal
from uuid import UUID

from services.permits.domain.ledger.balances import (
    ZERO,
    Balance,
    Entry,
    Kind,
    Side,
    enter,
    paper,
    turned_shut,
    use_up,
    used,
)
from services.permits.domain.values import Citation
from services.permits.domain.write_off.consents import drawn_for, drawn_to_cross, lapsed, with_drawn
from services.permits.domain.write_off.posting import Permits
from shared.contracts.quantities import EXACT, plain
from shared.problems import Conflict


class Running:
    """What stands of each line so far, while the uses of one decision are written one after the other."""

    def __init__(self, permits: Permits) -> None:
        self._permits = permits
        self._balances: dict[tuple[UUID, str], Balance] = {}

    def release(self, citation: Citation, amount: Decimal) -> tuple[Entry, ...]:
        """Write the entries of one released use: the reservation given back, the actual quantity used or crossed."""
        back = Entry(citation.side, Kind.RELEASE, citation.reserved)
        before = self._here(citation)
        if self._permits[citation.permit].many_crossings:
            _must_cross(citation, before, amount, "endorsement-exceeds-permit")
            drawn = drawn_to_cross(citation, before, amount)
            after = with_drawn(citation, drawn)
            return (*drawn, back, Entry(citation.side, Kind.CROSS, amount), *lapsed(after, after.drawn))
        entries = (back, *drawn_for(citation, before, EXACT.subtract(amount, citation.reserved)))
        now = self._enter(citation, entries)
        total = EXACT.add(used(now, citation.side), amount)
        closes = amount > 0 and (citation.use != "part" or _uses_up(now, citation.side, total))
        use = use_up(citation.side, amount, closes=closes)
        self._enter(citation, (use,))
        return (*entries, use)

    def correction(self, citation: Citation, amount: Decimal) -> tuple[Entry, ...]:
        """Write the entries that bring one use to another amount."""
        delta = EXACT.subtract(amount, citation.used)
        before = self._here(citation)
        if self._permits[citation.permit].many_crossings:
            _must_cross(citation, before, amount, "not-enough-left")
            return (Entry(citation.side, Kind.RECROSS, delta),)
        drawn = drawn_for(citation, before, delta)
        now = self._enter(citation, drawn)
        total = EXACT.add(used(now, citation.side), delta)
        shut = total > 0 and (_uses_up(now, citation.side, total) or not self._only_parts(citation))
        was = turned_shut(self._permits[citation.permit].lines[citation.line].balance, citation.side)
        mended = Entry(citation.side, Kind.CORRECT, delta, closes=shut, opens=was and not shut)
        self._enter(citation, (mended,))
        return (*drawn, mended)

    def _here(self, citation: Citation) -> Balance:
        stood = self._permits[citation.permit].lines[citation.line].balance
        return self._balances.get((citation.permit, citation.line), stood)

    def _enter(self, citation: Citation, entries: tuple[Entry, ...]) -> Balance:
        balance = self._here(citation)
        for entry in entries:
            balance = enter(balance, entry)
        self._balances[citation.permit, citation.line] = balance
        return balance

    def _only_parts(self, citation: Citation) -> bool:
        mine = (citation.line, citation.side)
        held = self._permits[citation.permit].held
        return all(h.use == "part" for h in held if (h.line, h.side) == mine and h.used > ZERO)


def _uses_up(balance: Balance, side: Side, total: Decimal) -> bool:
    """Say whether part uses close the export side; what part uses close at import is open for what is endorsed yet."""
    return side is Side.EXPORT and total >= paper(balance, side)


def _must_cross(citation: Citation, balance: Balance, amount: Decimal, code: str) -> None:
    """Refuse that more crosses at once than the certificate is for and the authority agreed to for this item."""
    most = EXACT.add(paper(balance, citation.side), citation.consented)
    if amount > most:
        text = f"Line {citation.line} is for {plain(most)} {citation.unit} at a time: no more crossed."
        raise Conflict(code, text)
