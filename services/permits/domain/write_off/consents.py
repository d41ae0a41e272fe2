"""What an item uses of the authority's consent for it: as much as its line lacks, and for no other item.

The line itself is used first. What is used of a consent returns with the reservation or the use that it was for. Where
the line came to have room since, it returns with the next decision about its item; until then it is nobody else's.
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
    """Return what is left of the consent for an item."""
    return EXACT.subtract(citation.consented, citation.consent_used)


def consent_entries(citation: Citation, balance: Balance, additional: Decimal) -> tuple[LedgerEntry, ...]:
    """Return what an item uses of its consent for an additional quantity, or returns of it for a smaller one.

    It uses what the line lacks, as far as its consent goes; first it returns what the line no longer lacks.
    """
    expected = EXACT.add(committed(balance, citation.side), min(additional, ZERO))
    shortfall = max(EXACT.subtract(expected, permit_amount(balance, citation.side)), ZERO)
    returned = return_consent(citation, EXACT.subtract(consent_used(balance, citation.side), shortfall))
    needed = EXACT.subtract(additional, remaining_on_permit(balance, citation.side))
    return (*returned, *_use_consent(with_consent_used(citation, returned), needed))


def crossing_consent_entries(citation: Citation, balance: Balance, amount: Decimal) -> tuple[LedgerEntry, ...]:
    """Return what an item uses of its consent so that this quantity may cross at once."""
    own = EXACT.add(permit_amount(balance, citation.side), citation.consent_used)
    return _use_consent(citation, EXACT.subtract(amount, own))


def _use_consent(citation: Citation, shortfall: Decimal) -> tuple[LedgerEntry, ...]:
    amount = min(shortfall, unused_consent(citation))
    return (LedgerEntry(side=citation.side, kind=EntryKind.CONSENT_USED, quantity=amount),) if amount > ZERO else ()


def return_consent(citation: Citation, reduction: Decimal) -> tuple[LedgerEntry, ...]:
    """Return the entry of what an item returns of its consent, where it holds this much less than before."""
    amount = min(citation.consent_used, reduction)
    return (LedgerEntry(side=citation.side, kind=EntryKind.CONSENT_RETURNED, quantity=amount),) if amount > ZERO else ()


def with_consent_used(citation: Citation, entries: Iterable[LedgerEntry]) -> Citation:
    """Return a citation with what the entries use or return of its consent."""
    consent_total = citation.consent_used
    for entry in entries:
        if entry.kind is EntryKind.CONSENT_USED:
            consent_total = EXACT.add(consent_total, entry.quantity)
        elif entry.kind is EntryKind.CONSENT_RETURNED:
            consent_total = EXACT.subtract(consent_total, entry.quantity)
    return replace(citation, consent_used=consent_total)


def with_previous_consents(before: DeclarationRecord, after: DeclarationRecord) -> DeclarationRecord:
    """Carry over what the authority agreed to beyond the permit for an item that cites the same line still."""
    consents = {(c.item, c.permit, c.line): c.consented for c in before.citations}
    citations = tuple(replace(c, consented=consents.get((c.item, c.permit, c.line), ZERO)) for c in after.citations)
    return replace(after, citations=citations)
