"""Matching of an item to the permit line that it means, by taxon, term, source, origin and unit."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from services.permits.domain.ledger.balances import has_available, is_closed
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference.names import covers_by_name
from services.permits.domain.units import is_convertible
from shared.cites.term_families import NEIGHBOURING_TERMS
from shared.contracts.closed_sets import Side, Unit
from shared.contracts.declaration import Document, Item
from shared.limits import Limit, LimitSubject

LINES_IN_FINDING = Limit(
    10,
    "lines",
    subject=LimitSubject.DECLARATIONS,
    meaning="Lines, or other parts of a permit, that one finding names",
    beyond="The finding names the first ones and counts the rest.",
)


@lru_cache(10_000)
def describe_line(line: PermitLineRecord) -> str:
    """Return the letter of a line with its taxon, term and source, as text for an officer; two sources are `O/W`."""
    content = line.content
    source = f"{content.source}/{content.underlying_source}" if content.underlying_source else content.source
    return f"{content.line} ({content.taxon}, {content.term}, {source})"


def describe_lines(lines: Collection[PermitLineRecord]) -> str:
    """Return the descriptions of the first lines, and the number of the rest."""
    return join_first([describe_line(line) for line in islice(lines, LINES_IN_FINDING)], "; ", total=len(lines))


def join_first(texts: Sequence[str], separator: str, *, total: int | None = None) -> str:
    """Return the first texts, joined, and the number of the rest. `total` is the number of all, if it is larger."""
    named = texts[:LINES_IN_FINDING]
    rest = (len(texts) if total is None else total) - len(named)
    return separator.join([*named, f"{rest} more"] if rest else named)


def are_neighbouring_terms(one: str, other: str) -> bool:
    """Return whether two terms often describe the same goods."""
    return other in NEIGHBOURING_TERMS.get(one, ())


NameCovers = Callable[[str, str], bool]


def never_covers(permit_name: str, declared_name: str) -> bool:
    """Return False: no name covers another one by a synonym that no listing has."""
    return False


def candidate_lines(
    permit: PermitRecord,
    item: Item,
    document: Document,
    side: Side,
    *,
    covers: NameCovers = covers_by_name,
    may_cover: NameCovers = never_covers,
) -> tuple[PermitLineRecord, ...]:
    """Return the lines that an item may mean, the most likely first; several only if the item does not decide.

    A line that the document names is returned, whatever its content. Otherwise only lines of the taxon are possible,
    or, without such a line, those whose name may be a synonym of the declared one.
    Term, source, origin, unit, closure and available quantity then narrow them, each only if a line remains.
    Several lines remain if they differ in a field that the item does not state.
    """
    if document.line is not None:
        named_line = permit.lines.get(document.line)
        return (named_line,) if named_line else ()
    lines = tuple(permit.lines.values())
    if item.taxon is not None:
        taxon = item.taxon
        lines = tuple(line for line in lines if covers(line.content.taxon, taxon)) or tuple(
            line for line in lines if may_cover(line.content.taxon, taxon)
        )
    for fits in _narrowing_conditions(permit, item, document.unit or item.unit):
        if len(lines) < 2:
            return lines
        lines = tuple(line for line in lines if fits(line)) or lines
    lines = _usable_lines(lines, side)
    identities = {_identity(permit, line) for line in lines}
    return lines if len(identities) > 1 else lines[:1]


def _usable_lines(lines: tuple[PermitLineRecord, ...], side: Side) -> tuple[PermitLineRecord, ...]:
    """Return the lines with an available quantity; else those that are not closed; else all."""
    if len(lines) < 2:
        return lines
    usable = tuple(line for line in lines if has_available(line.balance, side))
    return usable or tuple(line for line in lines if not is_closed(line.balance, side)) or lines


def _narrowing_conditions(permit: PermitRecord, item: Item, unit: Unit) -> Iterator[Callable[[PermitLineRecord], bool]]:
    """Yield the conditions that narrow the lines, in their order. A field that the item leaves out has none."""
    if item.term is not None:
        yield lambda line: line.content.term == item.term
        yield lambda line: line.content.term == item.term or _is_neighbouring(line, item.term)
    if item.source is not None:
        yield lambda line: line.content.source == item.source
    if item.underlying_source is not None:
        yield lambda line: line.content.underlying_source == item.underlying_source
    if item.origin_country is not None:
        yield lambda line: line_origin_country(permit, line) == item.origin_country
    yield lambda line: is_convertible(unit, line.content.unit)


def _identity(permit: PermitRecord, line: PermitLineRecord) -> tuple[str | None, ...]:
    content = line.content
    return content.taxon, content.term, content.source, content.underlying_source, line_origin_country(permit, line)


def line_origin_country(permit: PermitRecord, line: PermitLineRecord) -> str:
    """Return the country of origin of a line; the country of export if box 12 is empty."""
    return line.content.origin_country or permit.content.export_country


def _is_neighbouring(line: PermitLineRecord, term: str | None) -> bool:
    return term is not None and are_neighbouring_terms(line.content.term, term)
