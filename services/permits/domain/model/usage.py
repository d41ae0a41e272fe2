"""Usage totals: the sums of citations on the sides of a permit's lines, by kind of use and shipment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from services.permits.domain.ledger.balances import ZERO
from services.permits.domain.model.declarations import Citation
from shared.contracts.closed_sets import Side
from shared.contracts.quantities import EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotal:
    """The sums of all citations of one kind of use and one shipment on one side of a line, in the line's unit.

    Citations with a reservation (`is_open`) and released citations have separate totals.
    A line that a thousand declarations use in part has a thousand citations but two totals, which rules read.
    """

    line: str
    side: Side
    use: str
    transport_document: str | None
    is_open: bool
    reserved: Decimal
    used: Decimal


UsageTotals = tuple[UsageTotal, ...]
CountKey = tuple[str, Side, UUID]


def add_reservations(totals: UsageTotals, citations: Iterable[Citation]) -> UsageTotals:
    """Return usage totals with the reservations of these citations added."""
    return _add(totals, (_reservation_total(citation) for citation in citations))


def remove_reservations(totals: UsageTotals, citations: Iterable[Citation]) -> UsageTotals:
    """Return usage totals without the reservations of citations. Raise ValueError if they do not include one."""
    return _add(
        totals, (_with_reserved(_reservation_total(one), EXACT.minus(one.reserved)) for one in citations if one.is_open)
    )


@dataclass(frozen=True, kw_only=True)
class UsageIndex:
    """The usage totals of a permit by line and side, and the competing quantities that a check has summed already.

    A declaration asks for the same sum with each of its items, so the sum is made once.
    """

    by_line: Mapping[tuple[str, Side], UsageTotals]
    competing: dict[tuple[object, ...], Decimal | None] = field(default_factory=dict, compare=False, repr=False)


def index_usage(totals: UsageTotals) -> UsageIndex:
    """Return the index of usage totals."""
    by_line: dict[tuple[str, Side], list[UsageTotal]] = {}
    for total in totals:
        by_line.setdefault((total.line, total.side), []).append(total)
    return UsageIndex(by_line={key: tuple(some) for key, some in by_line.items()})


@dataclass(frozen=True, kw_only=True)
class CountIndex:
    """The quantities that declarations counted on a line's side, and the claims of others on these counts.

    The keys are line, side and the id of the declaration that counts.
    """

    counted: Mapping[CountKey, Decimal]
    claimed: Mapping[CountKey, Decimal]


def index_counts(citations: Iterable[Citation]) -> CountIndex:
    """Return the index of the counts in citations."""
    counted: dict[CountKey, Decimal] = {}
    claimed: dict[CountKey, Decimal] = {}
    for one in citations:
        key = one.line, one.side, one.declaration
        counted[key] = EXACT.add(counted.get(key, ZERO), one.used)
        if one.counted_by is not None:
            key = one.line, one.side, one.counted_by
            claimed[key] = EXACT.add(claimed.get(key, ZERO), one.counted_elsewhere)
    return CountIndex(counted=counted, claimed=claimed)


def _reservation_total(citation: Citation) -> UsageTotal:
    c = citation
    return UsageTotal(
        line=c.line,
        side=c.side,
        use=c.use,
        transport_document=c.transport_document,
        is_open=True,
        reserved=c.reserved,
        used=ZERO,
    )


def _add(totals: UsageTotals, changes: Iterable[UsageTotal]) -> UsageTotals:
    """Return usage totals after changes, in time that grows with their number and not with its square."""
    by_use = {_use_key(total): total for total in totals}
    for change in changes:
        key = _use_key(change)
        existing = by_use.get(key)
        if existing is not None:
            reserved = EXACT.add(existing.reserved, change.reserved)
            by_use[key] = _with_reserved(existing, reserved)
            if not reserved:
                del by_use[key]
        elif change.reserved < 0:
            raise ValueError(f"nothing is held of line {change.line} that could be let go")
        else:
            by_use[key] = change
    return tuple(by_use.values())


def _with_reserved(usage: UsageTotal, reserved: Decimal) -> UsageTotal:
    return UsageTotal(
        line=usage.line,
        side=usage.side,
        use=usage.use,
        transport_document=usage.transport_document,
        is_open=usage.is_open,
        reserved=reserved,
        used=usage.used,
    )


def _use_key(total: UsageTotal) -> tuple[object, ...]:
    return total.line, total.side, total.use, total.transport_document, total.is_open
