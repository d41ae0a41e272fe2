"""Use of a consent: an item uses of its own consent exactly the quantity that its line lacks.

The permit amount of the line is used first. The used consent returns together with its reservation or use. If the
line has room again in the meantime, the consent returns with the next decision about the item, and not earlier.

Example, for a line of 100 kg. Another item reserves 80 kg; this item has a consent for 30 kg:

| decision                | entries                                    | consent used |
|-------------------------|--------------------------------------------|--------------|
| the item reserves 40 kg | CONSENT_USED 20, RESERVE 40                |           20 |
| customs releases 25 kg  | RETURN 40, CONSENT_RETURNED 15, CONSUME 25 |            5 |
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
    """Return the quantity of an item's consent that the item does not use, in the line's unit."""
    return EXACT.subtract(citation.consented, citation.consent_used)


def consent_entries(citation: Citation, balance: Balance, additional: Decimal) -> tuple[LedgerEntry, ...]:
    """Return the entries by which an item uses or returns its consent for an additional quantity.

    `additional` is in the line's unit and may be negative. First the item returns what the line no longer lacks.
    Then it uses what the line lacks, at most the rest of its consent.
    """
    expected = EXACT.add(committed(balance, citation.side), min(additional, ZERO))
    shortfall = max(EXACT.subtract(expected, permit_amount(balance, citation.side)), ZERO)
    returned = return_consent(citation, EXACT.subtract(consent_used(balance, citation.side), shortfall))
    needed = EXACT.subtract(additional, remaining_on_permit(balance, citation.side))
    return (*returned, *_use_consent(with_consent_used(citation, returned), needed))


def crossing_consent_entries(citation: Citation, balance: Balance, amount: Decimal) -> tuple[LedgerEntry, ...]:
    """Return the entries by which an item uses its consent so that `amount` may cross a border at once.

    `amount` is in the line's unit.
    """
    own = EXACT.add(permit_amount(balance, citation.side), citation.consent_used)
    return _use_consent(citation, EXACT.subtract(amount, own))


def _use_consent(citation: Citation, shortfall: Decimal) -> tuple[LedgerEntry, ...]:
    amount = min(shortfall, unused_consent(citation))
    return (LedgerEntry(side=citation.side, kind=EntryKind.CONSENT_USED, quantity=amount),) if amount > ZERO else ()


def return_consent(citation: Citation, reduction: Decimal) -> tuple[LedgerEntry, ...]:
    """Return the entry by which an item returns its consent when it needs `reduction` less than before.

    `reduction` is in the line's unit. The result is empty if the item uses no consent.
    """
    amount = min(citation.consent_used, reduction)
    return (LedgerEntry(side=citation.side, kind=EntryKind.CONSENT_RETURNED, quantity=amount),) if amount > ZERO else ()


def with_consent_used(citation: Citation, entries: Iterable[LedgerEntry]) -> Citation:
    """Return a citation with the used consent after these entries. Entries of other kinds do not matter."""
    consent_total = citation.consent_used
    for entry in entries:
        if entry.kind is EntryKind.CONSENT_USED:
            consent_total = EXACT.add(consent_total, entry.quantity)
        elif entry.kind is EntryKind.CONSENT_RETURNED:
            consent_total = EXACT.subtract(consent_total, entry.quantity)
    return replace(citation, consent_used=consent_total)


def with_previous_consents(before: DeclarationRecord, after: DeclarationRecord) -> DeclarationRecord:
    """Return a declaration with the consents of its earlier version, for each item that still cites the same line."""
    consents = {(c.item, c.permit, c.line): c.consented for c in before.citations}
    citations = tuple(replace(c, consented=consents.get((c.item, c.permit, c.line), ZERO)) for c in after.citations)
    return replace(after, citations=citations)
