"""Closure: when a use closes the side of a line, and when a correction opens it again (Articles VI.5 and VI.6).

A use that is not a part use closes the side, even if it uses less than the line has. If all uses are part uses, the
side is closed exactly while the permit amount is used up. Consents that other items may still use do not matter.
At export the permit amount never changes, so an entry records the closure.
At import a later endorsement may add quantity, so the balance derives the closure.
The uses of one decision count together, one after the other.

Example, for an export side of 100 kg:

| decision                   | used | closed |
|----------------------------|------|--------|
| release a part use of 60   |   60 | no     |
| release a part use of 40   |  100 | yes    |
| correct a part use by -10  |   90 | no     |
| release a full use of 5    |   95 | yes    |
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
    """The balance of each line while the uses of one decision are written, one after the other."""

    def __init__(self, permits: PermitsById) -> None:
        self._permits = permits
        self._balances: dict[tuple[UUID, str], Balance] = {}

    def release_entries(self, citation: Citation, amount: Decimal) -> tuple[LedgerEntry, ...]:
        """Return the entries of one released use: its reservation returns, and the actual quantity is used or crosses.

        `amount` is in the line's unit. Raise Conflict `endorsement-exceeds-permit` if more crosses than is allowed.
        """
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
        """Return the entries that change one use to another amount, in the line's unit.

        Raise Conflict `not-enough-left` if more would cross a border than is allowed.
        """
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
        totals = self._permits[citation.permit].usage_index.by_line.get((citation.line, citation.side), ())
        return all(usage.use == DocumentUse.PART for usage in totals if usage.used > ZERO)


def _is_used_up(balance: Balance, side: Side, total: Decimal) -> bool:
    """Return whether part uses close the export side by an entry. They never do so at import."""
    return side is Side.EXPORT and total >= permit_amount(balance, side)


def _require_crossing_allowed(citation: Citation, balance: Balance, amount: Decimal, code: str) -> None:
    """Raise Conflict if more crosses at once than the certificate's line plus the consent for this item."""
    maximum = EXACT.add(permit_amount(balance, citation.side), citation.consented)
    if amount > maximum:
        text = (
            f"Line {citation.line} is for {format_quantity(maximum)} {citation.unit} per crossing. "
            "Send no more, or ask the authority that issued it for consent."
        )
        raise Conflict(code, text)
