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
    EntryKind,
    LedgerEntry,
    apply_entry,
    consumption_entry,
    is_closed_by_entry,
    permit_amount,
    used,
)
from services.permits.domain.model.declarations import Citation
from services.permits.domain.model.permits import PermitsById
from services.permits.domain.write_off.consents import (
    consent_entries,
    crossing_consent_entries,
    return_consent,
    with_consent_used,
)
from shared.contracts.closed_sets import DocumentUse, Side
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Conflict


class RunningBalances:
    """What stands of each line so far, while the uses of one decision are written one after the other."""

    def __init__(self, permits: PermitsById) -> None:
        self._permits = permits
        self._balances: dict[tuple[UUID, str], Balance] = {}

    def release_entries(self, citation: Citation, amount: Decimal) -> tuple[LedgerEntry, ...]:
        """Write the entries of one released use: the reservation given back, the actual quantity used or crossed."""
        returned = LedgerEntry(side=citation.side, kind=EntryKind.RETURN, quantity=citation.reserved)
        before = self._current_balance(citation)
        if self._permits[citation.permit].is_for_many_crossings:
            _require_crossing_allowed(citation, before, amount, "endorsement-exceeds-permit")
            consent_use = crossing_consent_entries(citation, before, amount)
            after = with_consent_used(citation, consent_use)
            return (
                *consent_use,
                returned,
                LedgerEntry(side=citation.side, kind=EntryKind.CROSS_BORDER, quantity=amount),
                *return_consent(after, after.consent_used),
            )
        entries = (returned, *consent_entries(citation, before, EXACT.subtract(amount, citation.reserved)))
        current = self._apply(citation, entries)
        total = EXACT.add(used(current, citation.side), amount)
        closes = amount > 0 and (citation.use != DocumentUse.PART or _is_used_up(current, citation.side, total))
        consumption = consumption_entry(citation.side, amount, closes=closes)
        self._apply(citation, (consumption,))
        return (*entries, consumption)

    def correction_entries(self, citation: Citation, amount: Decimal) -> tuple[LedgerEntry, ...]:
        """Write the entries that bring one use to another amount."""
        delta = EXACT.subtract(amount, citation.used)
        before = self._current_balance(citation)
        if self._permits[citation.permit].is_for_many_crossings:
            _require_crossing_allowed(citation, before, amount, "not-enough-left")
            return (LedgerEntry(side=citation.side, kind=EntryKind.CORRECT_CROSSING, quantity=delta),)
        consent_use = consent_entries(citation, before, delta)
        current = self._apply(citation, consent_use)
        total = EXACT.add(used(current, citation.side), delta)
        is_closing = total > 0 and (
            _is_used_up(current, citation.side, total) or not self._has_only_part_uses(citation)
        )
        was_closed = is_closed_by_entry(self._permits[citation.permit].lines[citation.line].balance, citation.side)
        correction = LedgerEntry(
            side=citation.side,
            kind=EntryKind.CORRECT,
            quantity=delta,
            closes=is_closing,
            opens=was_closed and not is_closing,
        )
        self._apply(citation, (correction,))
        return (*consent_use, correction)

    def _current_balance(self, citation: Citation) -> Balance:
        original = self._permits[citation.permit].lines[citation.line].balance
        return self._balances.get((citation.permit, citation.line), original)

    def _apply(self, citation: Citation, entries: tuple[LedgerEntry, ...]) -> Balance:
        balance = self._current_balance(citation)
        for entry in entries:
            balance = apply_entry(balance, entry)
        self._balances[citation.permit, citation.line] = balance
        return balance

    def _has_only_part_uses(self, citation: Citation) -> bool:
        line_side = (citation.line, citation.side)
        usage_totals = self._permits[citation.permit].usage_totals
        return all(
            usage.use == DocumentUse.PART
            for usage in usage_totals
            if (usage.line, usage.side) == line_side and usage.used > ZERO
        )


def _is_used_up(balance: Balance, side: Side, total: Decimal) -> bool:
    """Say whether part uses close the export side; what part uses close at import is open for what is endorsed yet."""
    return side is Side.EXPORT and total >= permit_amount(balance, side)


def _require_crossing_allowed(citation: Citation, balance: Balance, amount: Decimal, code: str) -> None:
    """Refuse that more crosses at once than the certificate is for and the authority agreed to for this item."""
    maximum = EXACT.add(permit_amount(balance, citation.side), citation.consented)
    if amount > maximum:
        text = f"Line {citation.line} is for {format_quantity(maximum)} {citation.unit} at a time: no more crossed."
        raise Conflict(code, text)
