"""Quantities that re-export certificates take of a previous document, compared with what came in under it.

Source: Resolution Conf. 12.3 (Rev. CoP19), on re-export certificates: they are for specimens that were imported.

Example, for a permit of origin of 100 skins:

| the permit of origin           | came in | basis              |
|--------------------------------|---------|--------------------|
| 40 released at import          |      40 | released at import |
| import closed without a use    |       0 | released at import |
| 90 endorsed, no release known  |      90 | endorsed at export |
| no use known                   |     100 | granted            |

Goods are compared if the taxon of one name covers the other, and if the units convert exactly. Neighbouring terms are
compared by weight, volume, area or length. Their numbers are not: one skin may become many pieces.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.permits.domain.ledger.balances import Balance, committed
from services.permits.domain.model.permits import PermitKey, PermitRecord
from services.permits.domain.model.previous_documents import previous_document
from services.permits.domain.reference.facts import Facts, ReExportedGoods
from services.permits.domain.rules.matching import are_neighbouring_terms
from services.permits.domain.units import convert, is_convertible, is_counted
from shared.contracts.closed_sets import PermitKind, Side
from shared.contracts.permit import PermitLine
from shared.contracts.quantities import EXACT, format_quantity

LinesByDocument = Mapping[PermitKey, tuple[tuple[PermitKey, str], ...]]


@dataclass(frozen=True, kw_only=True)
class Excess:
    """A sum of re-exported quantities beyond what came in, in one unit."""

    came_in: Decimal
    re_exported: Decimal
    unit: str
    basis: str

    @property
    def expected(self) -> str:
        """The bound and its basis, as text for a person."""
        return f"at most {format_quantity(self.came_in)} {self.unit} ({self.basis})"

    @property
    def found(self) -> str:
        """The sum, as text for a person."""
        return f"{format_quantity(self.re_exported)} {self.unit}"


def taken_quantity(balance: Balance) -> Decimal:
    """Return what declarations and authorities took of a line: the larger quantity of its two sides.

    Goods that enter the next country have left the one before, whether the hub saw it or not.
    """
    return max(committed(balance, Side.EXPORT), committed(balance, Side.IMPORT))


def goods_of(line: PermitLine, quantity: Decimal) -> ReExportedGoods:
    """Return a quantity of the goods of a line."""
    return ReExportedGoods(taxon=line.taxon, term=line.term, unit=line.unit, quantity=quantity)


def index_lines(permits: Iterable[PermitRecord], keys: frozenset[PermitKey]) -> LinesByDocument:
    """Return the lines of re-export certificates by the previous document that they name, for these documents."""
    found: dict[PermitKey, list[tuple[PermitKey, str]]] = {}
    for permit in permits:
        if permit.content.kind == PermitKind.RE_EXPORT:
            for letter, line in permit.lines.items():
                named = previous_document(permit.content, line.content)
                if named is not None and named.key in keys:
                    found.setdefault(named.key, []).append((permit.key, letter))
    return {key: tuple(lines) for key, lines in found.items()}


def find_excess(
    previous: PermitRecord, goods: ReExportedGoods, others: Iterable[ReExportedGoods], facts: Facts, day: date
) -> Excess | None:
    """Return by how much goods exceed, together with others, what came in under a document; None if they do not.

    The result is also None if no line of the document can be compared. Other goods count if they can only have come in
    under the same lines.
    """
    letters = _compared_lines(previous, goods, facts, day)
    if not letters:
        return None
    total = goods.quantity
    for other in others:
        if other.quantity and (own := _compared_lines(previous, other, facts, day)) and own <= letters:
            total = EXACT.add(total, convert(other.quantity, other.unit, goods.unit))
    came_in, bases = Decimal(0), set()
    for letter in letters:
        line = previous.lines[letter]
        amount, basis = _came_in(line.balance)
        came_in = EXACT.add(came_in, convert(amount, line.content.unit, goods.unit))
        bases.add(basis)
    if total <= came_in:
        return None
    return Excess(came_in=came_in, re_exported=total, unit=goods.unit, basis=" and ".join(sorted(bases)))


def sum_by_kind(goods: Iterable[ReExportedGoods]) -> Iterator[ReExportedGoods]:
    """Yield goods with the sum of each taxon, term and unit."""
    sums: dict[tuple[str, str, str], ReExportedGoods] = {}
    for one in goods:
        before = sums.get(one.kind)
        sums[one.kind] = one if before is None else replace(one, quantity=EXACT.add(before.quantity, one.quantity))
    yield from sums.values()


def _came_in(balance: Balance) -> tuple[Decimal, str]:
    """Return what came in under a line, and the basis of this quantity."""
    if balance.import_closed or balance.import_consumed:
        return balance.import_consumed, "released at import"
    if balance.endorsed is not None:
        return balance.endorsed, "endorsed at export"
    return balance.granted, "granted"


def _compared_lines(previous: PermitRecord, goods: ReExportedGoods, facts: Facts, day: date) -> frozenset[str]:
    """Return the letters of the lines under which goods may have come in. The facts cache it by the kind of goods."""
    cache_key = previous.key, goods.kind, day
    found = facts.compared_lines_cache.get(cache_key)
    if found is None:
        letters = (
            letter for letter, line in previous.lines.items() if _are_comparable(line.content, goods, facts, day)
        )
        found = facts.compared_lines_cache[cache_key] = frozenset(letters)
    return found


def _are_comparable(line: PermitLine, goods: ReExportedGoods, facts: Facts, day: date) -> bool:
    if not is_convertible(line.unit, goods.unit):
        return False
    if line.term != goods.term and (is_counted(goods.unit) or not are_neighbouring_terms(line.term, goods.term)):
        return False
    return facts.covers(line.taxon, goods.taxon, day) or facts.covers(goods.taxon, line.taxon, day)
