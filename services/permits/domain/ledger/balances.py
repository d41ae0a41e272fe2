"""Reserve, consume, release, correct: the arithmetic of one permit line, exact in the line's unit.

A line has two sides. Export: what the permit grants, drawn on by export declarations and endorsements. Import: what
was endorsed (what was granted, while the permit was never endorsed), drawn on by import declarations. On each side
what is reserved and used never passes what that side has, the used quantities of the authority's consents included.
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
    """What an entry of the ledger does."""

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
    """One movement on one side of a line, in the line's unit; only a correction may be negative.

    On the export side what was used up is what was endorsed, so ENDORSE stands there where CONSUME stands on the
    import side. `closes` says that the use closed the side, `opens` that a correction opened it again. CROSS is a line
    of the continuation sheet: the specimen crossed a border and uses nothing up; RECROSS corrects one. CONSENT is the
    authority's consent for one item. The line has more by it only while that item uses it: CONSENT_USED adds the
    quantity to the line, CONSENT_RETURNED takes it off again.
    """

    side: Side
    kind: EntryKind
    quantity: Decimal
    closes: bool = False
    opens: bool = False


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What a line has and what is set aside or used of it; `endorsed` is None until the permit is endorsed.

    `export_consented` and `import_consented` are what items use of the consents given for each of them.
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
    """More was asked than is left; both in the line's unit."""

    def __init__(self, requested: Decimal, remaining_quantity: Decimal) -> None:
        super().__init__(f"asked {requested}, left {remaining_quantity}")
        self.requested = requested
        self.remaining_quantity = remaining_quantity


def permit_amount(balance: Balance, side: Side) -> Decimal:
    """Answer what a side has by the permit alone: granted, and at import what was endorsed once it was."""
    return balance.granted if side is Side.EXPORT or balance.endorsed is None else balance.endorsed


def consent_used(balance: Balance, side: Side) -> Decimal:
    """Return what items use of consents on a side."""
    return balance.export_consented if side is Side.EXPORT else balance.import_consented


def total_amount(balance: Balance, side: Side) -> Decimal:
    """Return what a side has in all, what is used of consents included."""
    return EXACT.add(permit_amount(balance, side), consent_used(balance, side))


def committed(balance: Balance, side: Side) -> Decimal:
    """Answer what of a side is reserved or used."""
    if side is Side.EXPORT:
        return EXACT.add(balance.export_reserved, balance.endorsed or ZERO)
    return EXACT.add(balance.import_reserved, balance.import_consumed)


def reserved(balance: Balance, side: Side) -> Decimal:
    """Answer what of a side is set aside for declarations not yet released."""
    return balance.export_reserved if side is Side.EXPORT else balance.import_reserved


def used(balance: Balance, side: Side) -> Decimal:
    """Answer what of a side was really used: endorsed at export, consumed at import."""
    return (balance.endorsed or ZERO) if side is Side.EXPORT else balance.import_consumed


def is_closed(balance: Balance, side: Side) -> bool:
    """Say whether a side serves no further shipment (Article VI.5 and VI.6).

    The import side is closed by a use that is no part use, and while part uses have used all that was endorsed so far.
    """
    if side is Side.EXPORT or is_closed_by_entry(balance, side):
        return is_closed_by_entry(balance, side)
    return ZERO < balance.import_consumed >= permit_amount(balance, side)


def is_closed_by_entry(balance: Balance, side: Side) -> bool:
    """Say whether an entry closed a side, and none opened it again."""
    return balance.export_closed if side is Side.EXPORT else balance.import_closed


def remaining(balance: Balance, side: Side) -> Decimal:
    """Answer has − taken, closed or not; negative only inside an endorsement that takes away what was reserved."""
    return EXACT.subtract(total_amount(balance, side), committed(balance, side))


def remaining_on_permit(balance: Balance, side: Side) -> Decimal:
    """Answer what is left of the permit itself: what an item drew of its consent is nobody else's, lacking or not."""
    return max(EXACT.subtract(permit_amount(balance, side), committed(balance, side)), ZERO)


def covered_by_consent(balance: Balance, side: Side) -> Decimal:
    """Answer how much more is reserved and used than the permit itself has: so much lives by consents."""
    return max(EXACT.subtract(committed(balance, side), permit_amount(balance, side)), ZERO)


def available(balance: Balance, side: Side) -> Decimal:
    """Answer what a further declaration could reserve: nothing on a closed side."""
    return ZERO if is_closed(balance, side) else remaining_on_permit(balance, side)


def apply_entry(balance: Balance, entry: LedgerEntry) -> Balance:
    """Apply one entry without asking whether it may be; `post` asks."""
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
    """Apply entries in order; raises Overdrawn when a side would end with more taken than it has, or below zero."""
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
    """Work a balance out again from all its entries, first to last."""
    balance = Balance(granted=ZERO)
    for entry in entries:
        balance = apply_entry(balance, entry)
    return balance


def consumption_entry(side: Side, actual: Decimal, *, closes: bool) -> LedgerEntry:
    """Write the entry of what was really used."""
    return LedgerEntry(
        side=side, kind=EntryKind.ENDORSE if side is Side.EXPORT else EntryKind.CONSUME, quantity=actual, closes=closes
    )
