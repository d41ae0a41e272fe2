"""Balance of one permit line: exact arithmetic of its ledger entries, in the unit of the line.

A line has two sides. Export declarations and endorsements use the export side, which has the granted quantity.
Import declarations use the import side. It has the endorsed quantity, or the granted one until the first endorsement.
On each side, reserved plus used never exceeds the permit amount plus the used consents.

Example, for a line of 100 kg:

| side   | entries               | permit amount | reserved | used | left |
|--------|-----------------------|---------------|----------|------|------|
| export | GRANT 100             |           100 |        0 |    0 |  100 |
| export | RESERVE 60            |           100 |       60 |    0 |   40 |
| export | RETURN 60, ENDORSE 50 |           100 |        0 |   50 |   50 |
| import | none                  |            50 |        0 |    0 |   50 |
| import | RESERVE 40            |            50 |       40 |    0 |   10 |
| import | RETURN 40, CONSUME 38 |            50 |        0 |   38 |   12 |

If the last entry closes its side, the 12 kg are left and not available.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from services.permits.domain.replace_field import replace_field
from shared.contracts.closed_sets import Side
from shared.contracts.quantities import EXACT

ZERO = Decimal(0)
SIDES = tuple(Side)


class EntryKind(StrEnum):
    """The kind of a ledger entry: what it changes in the balance of a line."""

    GRANT = "grant"
    CONSENT = "consent"
    CONSENT_USED = "consent_used"
    CONSENT_RETURNED = "consent_returned"
    RESERVE = "reserve"
    RETURN = "release"
    ENDORSE = "endorse"
    CONSUME = "consume"
    CORRECT = "correct"
    CROSS_BORDER = "cross"
    CORRECT_CROSSING = "recross"


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One movement on one side of a line, in the line's unit. Only the quantity of a correction may be negative.

    ENDORSE records a use on the export side, CONSUME a use on the import side.
    `closes` means that the use closes the side; `opens` means that a correction opens it again.
    CROSS_BORDER is a row of the continuation sheet: a specimen crosses a border and uses no quantity.
    CORRECT_CROSSING corrects such a row.
    CONSENT records the authority's consent for one item and changes no balance.
    CONSENT_USED adds a quantity to the side while that item uses it. CONSENT_RETURNED subtracts it again.
    """

    side: Side
    kind: EntryKind
    quantity: Decimal
    closes: bool = False
    opens: bool = False


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The sums of a line's entries, in the line's unit. `endorsed` is None until the first endorsement.

    `export_consented` and `import_consented` are the quantities of consents that items use.
    `export_closed` and `import_closed` mean that an entry closed the side and no later entry opened it.
    """

    granted: Decimal
    endorsed: Decimal | None = None
    export_consented: Decimal = ZERO
    import_consented: Decimal = ZERO
    export_reserved: Decimal = ZERO
    import_reserved: Decimal = ZERO
    import_consumed: Decimal = ZERO
    export_closed: bool = False
    import_closed: bool = False


class Overdrawn(Exception):
    """Entries would commit more than a side has left, or make a sum negative. Quantities are in the line's unit."""

    def __init__(self, requested: Decimal, remaining_quantity: Decimal) -> None:
        super().__init__(f"asked {requested}, left {remaining_quantity}")
        self.requested = requested
        self.remaining_quantity = remaining_quantity


def permit_amount(balance: Balance, side: Side) -> Decimal:
    """Return the quantity that a side has without consents, in the line's unit.

    That is the granted quantity; at import, the endorsed quantity from the first endorsement on (box 14).
    """
    return balance.granted if side is Side.EXPORT or balance.endorsed is None else balance.endorsed


def consent_used(balance: Balance, side: Side) -> Decimal:
    """Return the quantity of consents that items use on a side, in the line's unit."""
    return balance.export_consented if side is Side.EXPORT else balance.import_consented


def total_amount(balance: Balance, side: Side) -> Decimal:
    """Return the permit amount of a side plus its used consents, in the line's unit."""
    return EXACT.add(permit_amount(balance, side), consent_used(balance, side))


def committed(balance: Balance, side: Side) -> Decimal:
    """Return the reserved plus the used quantity of a side, in the line's unit."""
    if side is Side.EXPORT:
        return EXACT.add(balance.export_reserved, balance.endorsed or ZERO)
    return EXACT.add(balance.import_reserved, balance.import_consumed)


def reserved(balance: Balance, side: Side) -> Decimal:
    """Return the quantity that declarations reserve on a side before their release, in the line's unit."""
    return balance.export_reserved if side is Side.EXPORT else balance.import_reserved


def used(balance: Balance, side: Side) -> Decimal:
    """Return the used quantity of a side, in the line's unit: endorsed at export, consumed at import."""
    return (balance.endorsed or ZERO) if side is Side.EXPORT else balance.import_consumed


def is_closed(balance: Balance, side: Side) -> bool:
    """Return whether a side serves no further shipment (Article VI.5 and VI.6).

    A use that is not a part use closes a side by its entry.
    Part uses close the import side only while they have used all that was endorsed so far.
    """
    if side is Side.EXPORT or is_closed_by_entry(balance, side):
        return is_closed_by_entry(balance, side)
    return ZERO < balance.import_consumed >= permit_amount(balance, side)


def is_closed_by_entry(balance: Balance, side: Side) -> bool:
    """Return whether an entry closed a side and no later entry opened it."""
    return balance.export_closed if side is Side.EXPORT else balance.import_closed


def remaining(balance: Balance, side: Side) -> Decimal:
    """Return the total amount of a side minus the committed quantity, in the line's unit. Closure does not matter.

    The result is negative only inside an endorsement for less than the reserved quantity, before displacement.
    """
    return EXACT.subtract(total_amount(balance, side), committed(balance, side))


def remaining_on_permit(balance: Balance, side: Side) -> Decimal:
    """Return the permit amount minus the committed quantity, in the line's unit; never negative.

    Used consents add nothing: each serves its own item only, even when the line has room for that item again.
    """
    return max(EXACT.subtract(permit_amount(balance, side), committed(balance, side)), ZERO)


def covered_by_consent(balance: Balance, side: Side) -> Decimal:
    """Return by how much the committed quantity exceeds the permit amount, in the line's unit: consents cover this."""
    return max(EXACT.subtract(committed(balance, side), permit_amount(balance, side)), ZERO)


def available(balance: Balance, side: Side) -> Decimal:
    """Return the quantity that a further declaration can reserve, in the line's unit: zero on a closed side."""
    return ZERO if is_closed(balance, side) else remaining_on_permit(balance, side)


def has_available(balance: Balance, side: Side) -> bool:
    """Return whether a further declaration can reserve a quantity on a side."""
    return not is_closed(balance, side) and committed(balance, side) < permit_amount(balance, side)


def apply_entry(balance: Balance, entry: LedgerEntry) -> Balance:
    """Return the balance with one entry applied, without a check of the limits. `post` checks them."""
    amount = entry.quantity
    match entry.kind, entry.side:
        case EntryKind.GRANT, _:
            return replace(balance, granted=EXACT.add(balance.granted, amount))
        case ((EntryKind.CONSENT_USED | EntryKind.CONSENT_RETURNED), side):
            return _use_consent(balance, side, amount if entry.kind is EntryKind.CONSENT_USED else EXACT.minus(amount))
        case ((EntryKind.RESERVE | EntryKind.RETURN), side):
            return _reserve(balance, side, amount if entry.kind is EntryKind.RESERVE else EXACT.minus(amount))
        case ((EntryKind.CONSENT | EntryKind.CROSS_BORDER | EntryKind.CORRECT_CROSSING), _):
            return balance
        case _, Side.EXPORT:
            endorsed = EXACT.add(balance.endorsed or ZERO, amount)
            closed = (balance.export_closed or entry.closes) and not entry.opens
            return replace(balance, endorsed=endorsed, export_closed=closed)
        case _:
            consumed = EXACT.add(balance.import_consumed, amount)
            closed = (balance.import_closed or entry.closes) and not entry.opens
            return replace(balance, import_consumed=consumed, import_closed=closed)


def _use_consent(balance: Balance, side: Side, amount: Decimal) -> Balance:
    if side is Side.EXPORT:
        return replace(balance, export_consented=EXACT.add(balance.export_consented, amount))
    return replace(balance, import_consented=EXACT.add(balance.import_consented, amount))


def _reserve(balance: Balance, side: Side, amount: Decimal) -> Balance:
    if side is Side.EXPORT:
        return replace_field(balance, "export_reserved", EXACT.add(balance.export_reserved, amount))
    return replace_field(balance, "import_reserved", EXACT.add(balance.import_reserved, amount))


def post(balance: Balance, entries: Iterable[LedgerEntry]) -> Balance:
    """Return the balance with entries applied in order.

    Raise Overdrawn if a side then has less than zero left, or a negative reserved or used quantity.
    Only the balance after the last entry counts.
    """
    before = balance
    for entry in entries:
        balance = apply_entry(balance, entry)
    for side in SIDES:
        if remaining(balance, side) < 0:
            raise Overdrawn(EXACT.subtract(committed(balance, side), committed(before, side)), remaining(before, side))
        if reserved(balance, side) < 0 or used(balance, side) < 0:
            raise Overdrawn(used(balance, side), ZERO)
    return balance


def recompute(entries: Iterable[LedgerEntry]) -> Balance:
    """Return the balance that all entries of a line produce, from the first to the last."""
    balance = Balance(granted=ZERO)
    for entry in entries:
        balance = apply_entry(balance, entry)
    return balance


def consumption_entry(side: Side, actual: Decimal, *, closes: bool) -> LedgerEntry:
    """Return the entry of an actual use: ENDORSE on the export side, CONSUME on the import side."""
    return LedgerEntry(
        side=side, kind=EntryKind.ENDORSE if side is Side.EXPORT else EntryKind.CONSUME, quantity=actual, closes=closes
    )
