"""When a use closes the side of a line, and when a correction opens it again (Articles VI.5 and VI.6).

A use that is no part use closes it, even if less was used. A side that only part uses draw on is closed exactly while
nothing is left. The uses of one decision are counted together, one after the other.
"""

from decimal import Decimal
from uuid import UUID

from services.permits.domain.ledger import ZERO, Entry, Kind, Side, closed, has, use_up, used
from services.permits.domain.signing import Permits
from services.permits.domain.values import Citation
from shared.contracts.quantities import EXACT, plain
from shared.problems import Conflict


class Running:
    """What is used of each line so far, while the uses of one decision are written one after the other."""

    def __init__(self, permits: Permits) -> None:
        self._permits = permits
        self._used: dict[tuple[UUID, str, Side], Decimal] = {}

    def release(self, citation: Citation, amount: Decimal) -> tuple[Entry, ...]:
        """Write the entries of one released use: the reservation given back, the actual quantity used or crossed."""
        if self._permits[citation.permit].many_crossings:
            crossed = Entry(citation.side, Kind.CROSS, amount)
            return (Entry(citation.side, Kind.RELEASE, citation.reserved), crossed)
        total = self._add(citation, amount)
        closes = amount > 0 and (citation.use != "part" or total >= self._has(citation))
        return use_up(citation.side, reserved_before=citation.reserved, actual=amount, closes=closes)

    def correction(self, citation: Citation, amount: Decimal) -> Entry:
        """Write the entry that brings one use to another amount."""
        delta = EXACT.subtract(amount, citation.used)
        if self._permits[citation.permit].many_crossings:
            if amount > self._has(citation):
                most = f"{plain(self._has(citation))} {citation.unit}"
                raise Conflict("not-enough-left", f"Line {citation.line} is for {most} at a time: no more crossed.")
            return Entry(citation.side, Kind.RECROSS, delta)
        total = self._add(citation, delta)
        shut = total > 0 and (total >= self._has(citation) or not self._only_parts(citation))
        was = closed(self._permits[citation.permit].lines[citation.line].balance, citation.side)
        return Entry(citation.side, Kind.CORRECT, delta, closes=shut, opens=was and not shut)

    def _add(self, citation: Citation, amount: Decimal) -> Decimal:
        key = (citation.permit, citation.line, citation.side)
        before = self._used.get(key, used(self._permits[citation.permit].lines[citation.line].balance, citation.side))
        self._used[key] = EXACT.add(before, amount)
        return self._used[key]

    def _has(self, citation: Citation) -> Decimal:
        return has(self._permits[citation.permit].lines[citation.line].balance, citation.side)

    def _only_parts(self, citation: Citation) -> bool:
        mine = (citation.line, citation.side)
        held = self._permits[citation.permit].held
        return all(h.use == "part" for h in held if (h.line, h.side) == mine and h.used > ZERO)
