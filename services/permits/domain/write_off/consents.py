"""What an item draws of what the authority consented to for it: so much as its line lacks, and for no other item.

The line itself is drawn on first. What is drawn goes back with the reservation or the use that it was drawn for, and
where the line came to have room since, with the next decision about its item; meanwhile it is nobody else's.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from services.permits.domain.ledger.balances import (
    ZERO,
    Balance,
    EntryKind,
    LedgerEntry,
    committed,
    consent_used,
    permit_amount,
    remaining_on_permit,
)
from services.permits.domain.model.declarations import Citation, DeclarationRecord
from shared.contracts.quantities import EXACT


def unused_consent(citation: Citation) -> Decimal:
    """Answer what is left of the consent for an item."""
    return EXACT.subtract(citation.consented, citation.consent_used)


def consent_entries(citation: Citation, balance: Balance, additional: Decimal) -> tuple[LedgerEntry, ...]:
    """Write what an item draws for so much more than it holds, or gives back of what it drew where it is less.

    It draws what the line lacks, as far as its consent goes; what it drew and the line no longer lacks lapses first.
    """
    expected = EXACT.add(committed(balance, citation.side), min(additional, ZERO))
    shortfall = max(EXACT.subtract(expected, permit_amount(balance, citation.side)), ZERO)
    returned = return_consent(citation, EXACT.subtract(consent_used(balance, citation.side), shortfall))
    needed = EXACT.subtract(additional, remaining_on_permit(balance, citation.side))
    return (*returned, *_use_consent(with_consent_used(citation, returned), needed))


def crossing_consent_entries(citation: Citation, balance: Balance, amount: Decimal) -> tuple[LedgerEntry, ...]:
    """Write what an item draws so that so much may cross at once."""
    own = EXACT.add(permit_amount(balance, citation.side), citation.consent_used)
    return _use_consent(citation, EXACT.subtract(amount, own))


def _use_consent(citation: Citation, shortfall: Decimal) -> tuple[LedgerEntry, ...]:
    amount = min(shortfall, unused_consent(citation))
    return (LedgerEntry(side=citation.side, kind=EntryKind.USE_CONSENT, quantity=amount),) if amount > ZERO else ()


def return_consent(citation: Citation, reduction: Decimal) -> tuple[LedgerEntry, ...]:
    """Write what goes back of what an item drew, where it holds so much less than before."""
    amount = min(citation.consent_used, reduction)
    return (LedgerEntry(side=citation.side, kind=EntryKind.RETURN_CONSENT, quantity=amount),) if amount > ZERO else ()


def with_consent_used(citation: Citation, entries: Iterable[LedgerEntry]) -> Citation:
    """Answer a citation with what entries say that it draws more or less."""
    consent_total = citation.consent_used
    for entry in entries:
        if entry.kind is EntryKind.USE_CONSENT:
            consent_total = EXACT.add(consent_total, entry.quantity)
        elif entry.kind is EntryKind.RETURN_CONSENT:
            consent_total = EXACT.subtract(consent_total, entry.quantity)
    return replace(citation, consent_used=consent_total)


def with_previous_consents(before: DeclarationRecord, after: DeclarationRecord) -> DeclarationRecord:
    """Carry over what the authority agreed to beyond the permit for an item that cites the same line still."""
    consents = {(c.item, c.permit, c.line): c.consented for c in before.citations}
    citations = tuple(replace(c, consented=consents.get((c.item, c.permit, c.line), ZERO)) for c in after.citations)
    return replace(after, citations=citations)
