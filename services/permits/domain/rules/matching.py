"""Which line of a permit an item means: the same taxon or one it covers, the same term, the same source."""

from collections.abc import Callable
from functools import lru_cache

from services.permits.domain.ledger.balances import Side, available, closed
from services.permits.domain.units import convertible
from services.permits.domain.values import Line, PermitOnFile
from shared.cites.codes import NEIGHBOURING_TERMS
from shared.contracts.declaration import Document, Item


def written(taxon: str) -> str:
    """Write a scientific name for comparison: one blank between words, no capitals."""
    return " ".join(taxon.casefold().split())


@lru_cache(10_000)
def in_words(line: Line) -> str:
    """Say what a line is for, as an officer tells it from others: letter, taxon, term, source (`O/W` for two)."""
    terms = line.terms
    source = f"{terms.source}/{terms.underlying_source}" if terms.underlying_source else terms.source
    return f"{terms.line} ({terms.taxon}, {terms.term}, {source})"


def covers(listed: str, stated: str) -> bool:
    """Say whether a name on a permit covers a stated one: the same, or its genus (`Oxypora spp.`)."""
    here, there = written(listed), written(stated)
    if here == there:
        return True
    genus = here.removesuffix(" spp.").removesuffix(" spp")
    return genus != here and there.split(" ")[0] == genus


def neighbours(one: str, other: str) -> bool:
    """Say whether two terms are used for the same goods by honest sides."""
    return any(one in group and other in group for group in NEIGHBOURING_TERMS)


Covers = Callable[[str, str], bool]


def candidates(
    permit: PermitOnFile, item: Item, document: Document, side: Side, covers: Covers = covers
) -> tuple[Line, ...]:
    """Answer the lines an item may mean, likeliest first; several only where the item leaves open which.

    A named line is meant, whatever stands in it. Else the lines of the taxon, among them those of the term, of the
    source, and those with something left; lines alike in all that was stated but different in what was not remain.
    """
    if document.line is not None:
        named = permit.lines.get(document.line)
        return (named,) if named else ()
    lines = tuple(permit.lines.values())
    if item.taxon is not None:
        lines = tuple(line for line in lines if covers(line.terms.taxon, item.taxon))
    lines = _narrowed(lines, lambda line: item.term in {None, line.terms.term})
    lines = _narrowed(lines, lambda line: item.term in {None, line.terms.term} or _near(line, item.term))
    lines = _narrowed(lines, lambda line: item.source in {None, line.terms.source})
    lines = _narrowed(lines, lambda line: item.underlying_source in {None, line.terms.underlying_source})
    lines = _narrowed(lines, lambda line: item.origin_country in {None, origin(permit, line)})
    lines = _narrowed(lines, lambda line: convertible(item.unit, line.terms.unit))
    lines = _narrowed(lines, lambda line: not closed(line.balance, side))
    lines = _narrowed(lines, lambda line: available(line.balance, side) > 0)
    alike = {_of_what(permit, line) for line in lines}
    return lines if len(alike) > 1 else lines[:1]


def _of_what(permit: PermitOnFile, line: Line) -> tuple[str | None, ...]:
    stated = line.terms
    return stated.taxon, stated.term, stated.source, stated.underlying_source, origin(permit, line)


def origin(permit: PermitOnFile, line: Line) -> str:
    """Answer the country of origin of a line: the country of export where box 12 is empty."""
    return line.terms.origin_country or permit.terms.export_country


def _near(line: Line, term: str | None) -> bool:
    return term is not None and neighbours(line.terms.term, term)


def _narrowed(lines: tuple[Line, ...], fits: Callable[[Line], bool]) -> tuple[Line, ...]:
    fitting = tuple(line for line in lines if fits(line))
    return fitting or lines
