"""Matching of an item to the permit line that it means, by taxon, term, source, origin and unit."""

from collections.abc import Callable
from functools import lru_cache

from services.permits.domain.ledger.balances import available, is_closed
from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference.names import covers_by_name
from services.permits.domain.units import is_convertible
from shared.cites.codes import NEIGHBOURING_TERMS
from shared.contracts.closed_sets import Side
from shared.contracts.declaration import Document, Item


@lru_cache(10_000)
def describe_line(line: PermitLineRecord) -> str:
    """Return the letter of a line with its taxon, term and source, as text for an officer; two sources are `O/W`."""
    content = line.content
    source = f"{content.source}/{content.underlying_source}" if content.underlying_source else content.source
    return f"{content.line} ({content.taxon}, {content.term}, {source})"


def are_neighbouring_terms(one: str, other: str) -> bool:
    """Return whether two terms often describe the same goods."""
    return any(one in group and other in group for group in NEIGHBOURING_TERMS)


NameCovers = Callable[[str, str], bool]


def candidate_lines(
    permit: PermitRecord, item: Item, document: Document, side: Side, covers: NameCovers = covers_by_name
) -> tuple[PermitLineRecord, ...]:
    """Return the lines that an item may mean, the most likely first; several only if the item does not decide.

    A line that the document names is returned, whatever its content. Otherwise only lines of the taxon are possible.
    Term, source, origin, unit, closure and available quantity then narrow them, each only if a line remains.
    Several lines remain if they differ in a field that the item does not state.
    """
    if document.line is not None:
        named_line = permit.lines.get(document.line)
        return (named_line,) if named_line else ()
    lines = tuple(permit.lines.values())
    if item.taxon is not None:
        lines = tuple(line for line in lines if covers(line.content.taxon, item.taxon))
    lines = _narrow(lines, lambda line: item.term in {None, line.content.term})
    lines = _narrow(lines, lambda line: item.term in {None, line.content.term} or _is_neighbouring(line, item.term))
    lines = _narrow(lines, lambda line: item.source in {None, line.content.source})
    lines = _narrow(lines, lambda line: item.underlying_source in {None, line.content.underlying_source})
    lines = _narrow(lines, lambda line: item.origin_country in {None, line_origin_country(permit, line)})
    lines = _narrow(lines, lambda line: is_convertible(item.unit, line.content.unit))
    lines = _narrow(lines, lambda line: not is_closed(line.balance, side))
    lines = _narrow(lines, lambda line: available(line.balance, side) > 0)
    identities = {_identity(permit, line) for line in lines}
    return lines if len(identities) > 1 else lines[:1]


def _identity(permit: PermitRecord, line: PermitLineRecord) -> tuple[str | None, ...]:
    content = line.content
    return content.taxon, content.term, content.source, content.underlying_source, line_origin_country(permit, line)


def line_origin_country(permit: PermitRecord, line: PermitLineRecord) -> str:
    """Return the country of origin of a line; the country of export if box 12 is empty."""
    return line.content.origin_country or permit.content.export_country


def _is_neighbouring(line: PermitLineRecord, term: str | None) -> bool:
    return term is not None and are_neighbouring_terms(line.content.term, term)


def _narrow(
    lines: tuple[PermitLineRecord, ...], fits: Callable[[PermitLineRecord], bool]
) -> tuple[PermitLineRecord, ...]:
    fitting = tuple(line for line in lines if fits(line))
    return fitting or lines
