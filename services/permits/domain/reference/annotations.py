"""The annotations that apply to a name from a country on a day, and their decision about a specimen.

The data is in `shared.cites.annotations`. It does not depend on loads: a listing that an administrator loads cannot
take an annotation away.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from shared.cites.annotations import QUOTA_EFFECTS, AnnotatedPlant, Annotation, AnnotationTable
from shared.contracts.closed_sets import Appendix

_DEEMED = re.compile(r"(?i)deemed\s+to\s+be\s+specimens\s+of\s+species\s+included\s+in\s+Appendix\s+I\b")
"""The words of an annotation that leaves only some specimens of a population in Appendix II."""
_TAGS = re.compile(r"<[^<>]*>|\*\*")
_SYMBOL = re.compile(r"#\s*(\d+)")
NO_ROWS: tuple[Annotation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AnnotationsInForce:
    """The rows that apply to the specimens of one name from one country on one day.

    `is_unreadable` means that the text of the listing leaves some specimens in Appendix I, and no row says which.
    """

    appendices: tuple[Annotation, ...] = NO_ROWS
    quotas: tuple[Annotation, ...] = NO_ROWS
    parts: tuple[Annotation, ...] = NO_ROWS
    symbol: str | None = None
    is_unreadable: bool = False

    @property
    def rows(self) -> tuple[Annotation, ...]:
        """All rows, those about the Appendix first."""
        return (*self.appendices, *self.quotas, *self.parts)


NOTHING = AnnotationsInForce()


def find_annotations(
    table: AnnotationTable,
    keys: Sequence[str],
    day: date,
    country: str | None,
    *,
    appendices: Collection[str | None],
    texts: Iterable[str] = (),
    loaded_symbols: Iterable[str] = (),
) -> AnnotationsInForce:
    """Return the annotations of a name. `keys` are its own key and those of its higher taxa, the nearest first.

    Without `country` they are those of all countries. `appendices` are those of its listing. `texts` and
    `loaded_symbols` are the annotations in the loaded listing.
    """
    animal = next((table.animals[key] for key in keys if key in table.animals), NO_ROWS)
    rows = [row for row in animal if _applies(row, day, country)]
    plant = _find_plant(table, keys, day, in_appendix_one=set(appendices) == {Appendix.I})
    symbol = plant.symbol if plant else next(iter(parse_symbols(loaded_symbols)), None)
    if symbol is not None and plant is None and set(appendices) == {Appendix.I}:
        symbol = None  # all parts and derivatives of a plant in Appendix I are included (Article I(b)(iii))
    parts = [
        row
        for row in table.symbols.get(symbol or "", NO_ROWS)
        if _applies(row, day, country) and (not row.taxa or not row.taxa.isdisjoint(keys))
    ]
    is_unreadable = not animal and any(is_deemed_appendix_one(text) for text in texts)
    if not (rows or parts or symbol or is_unreadable):
        return NOTHING
    return AnnotationsInForce(
        appendices=tuple(row for row in rows if row.effect not in QUOTA_EFFECTS),
        quotas=tuple(row for row in rows if row.effect in QUOTA_EFFECTS),
        parts=tuple(parts),
        symbol=symbol,
        is_unreadable=is_unreadable,
    )


def _applies(row: Annotation, day: date, country: str | None) -> bool:
    return row.is_in_force_on(day) and (country is None or row.countries.fits(country) is True)


def _find_plant(
    table: AnnotationTable, keys: Iterable[str], day: date, *, in_appendix_one: bool
) -> AnnotatedPlant | None:
    for key in keys:
        for plant in table.plants.get(key, ()):
            if plant.in_appendix_one is in_appendix_one and plant.since <= day < plant.until:
                return plant
    return None


def parse_symbols(texts: Iterable[str]) -> list[str]:
    """Return the # annotations in some texts of a loaded listing, such as `#4`."""
    return [f"#{number}" for text in texts for number in _SYMBOL.findall(text)]


def is_deemed_appendix_one(text: str) -> bool:
    """Return whether an annotation leaves only some specimens in Appendix II, and all others in Appendix I."""
    return "deemed" in text and _DEEMED.search(_TAGS.sub(" ", text)) is not None
