"""The annotations of the Appendices: which specimens an annotated listing includes, in which Appendix, and which not.

Resolution Conf. 11.21 says how they are used. Four files contain them as data, each row with its source and its days:

- `animal-annotations.csv`: the specimens that are in Appendix II, the Appendix of all other specimens, zero quotas.
- `annotated-animals.csv`: the higher taxa of each animal.
- `plant-annotations.csv`: the parts and derivatives that each # annotation includes or excludes.
- `annotated-plants.csv`: the # annotation of each taxon.

The rows of a taxon or of a # annotation are a list of decisions: the first row that fits a specimen decides.
"""

import csv
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TypeVar

AFRICA = frozenset(
    "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG "
    "RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW".split()
)
"""The countries of Africa (ISO 3166-1), which some annotations name as one."""
SEIZED, UNKNOWN_SOURCE = "I", "U"
"""Source codes that do not say alone where a specimen comes from (Resolution Conf. 12.3)."""
ANY_DAY = date.max
Row = TypeVar("Row")


class Effect(StrEnum):
    """The decision of a row about the specimens that it describes."""

    APPENDIX_I = "I"
    APPENDIX_II = "II"
    OPEN = "open"
    """The codes of a declaration cannot decide. An officer decides whether the text of the row describes the goods."""
    ZERO_QUOTA = "zero"
    OPEN_ZERO_QUOTA = "zero-open"
    """A quota of zero applies, unless an officer finds that the text of the row describes the goods."""
    INCLUDED = "included"
    EXCLUDED = "excluded"


QUOTA_EFFECTS = frozenset({Effect.ZERO_QUOTA, Effect.OPEN_ZERO_QUOTA})


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """The codes of a specimen and of its trade. None means that the code is not stated."""

    term: str | None = None
    purpose: str | None = None
    source: str | None = None
    underlying_source: str | None = None
    export_country: str | None = None
    import_country: str | None = None


@dataclass(frozen=True, kw_only=True)
class Codes:
    """A condition on one code: it is one of `listed`, or, if `negated`, none of them. An empty one has no condition."""

    listed: frozenset[str] = frozenset()
    negated: bool = False

    def fits(self, code: str | None) -> bool | None:
        """Return whether a code meets the condition; None if the code is not stated."""
        if not self.listed:
            return True
        return None if code is None else (code in self.listed) is not self.negated

    def __str__(self) -> str:
        text = "Africa" if self.listed == AFRICA else ", ".join(sorted(self.listed))
        return f"not {text}" if self.negated else text


ANY_CODE = Codes()


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """One row: the specimens that it describes, its decision about them, its days and its source.

    `taxa` and `countries` (of origin) say where the row applies. The other conditions are about the specimen.
    """

    effect: Effect
    text: str
    source: str
    since: date
    until: date = ANY_DAY
    symbol: str = ""
    taxa: frozenset[str] = frozenset()
    """Names in lower case. For a plant, the row then applies to these taxa of its # annotation only."""
    countries: Codes = ANY_CODE
    exporters: Codes = ANY_CODE
    destinations: Codes = ANY_CODE
    terms: Codes = ANY_CODE
    purposes: Codes = ANY_CODE
    sources: Codes = ANY_CODE

    def is_in_force_on(self, day: date) -> bool:
        """Return whether the row is in force on a day."""
        return self.since <= day < self.until

    def fits(self, specimen: Specimen) -> bool | None:
        """Return whether the row describes a specimen; None if a code that decides it is not stated."""
        fit = self._fits_source(specimen) if self.sources.listed else True
        if fit is False:
            return False
        for condition, code in (
            (self.terms, specimen.term),
            (self.purposes, specimen.purpose),
            (self.exporters, specimen.export_country),
            (self.destinations, specimen.import_country),
        ):
            one = condition.fits(code) if condition.listed else True
            if one is False:
                return False
            fit = None if one is None else fit
        return fit

    def _fits_source(self, specimen: Specimen) -> bool | None:
        """Return whether the row describes the source; None if the source leaves it open.

        An unknown source (U) is not a stated one. A seized specimen (I) is also of its underlying source: if the two
        codes disagree, an officer decides.
        """
        if specimen.source == UNKNOWN_SOURCE:
            return None
        fit = self.sources.fits(specimen.source)
        if specimen.source != SEIZED:
            return fit
        return fit if self.sources.fits(specimen.underlying_source) is fit else None


@dataclass(frozen=True, kw_only=True)
class AnnotatedPlant:
    """A taxon of plants with its # annotation, for its listing in Appendix I or in Appendix II or III."""

    taxon: str
    symbol: str
    in_appendix_one: bool
    since: date
    until: date
    source: str


@dataclass(frozen=True, kw_only=True)
class AnnotationTable:
    """All annotations, found by the name of a taxon in lower case or by the symbol of a # annotation."""

    animals: Mapping[str, tuple[Annotation, ...]] = field(default_factory=dict)
    plants: Mapping[str, tuple[AnnotatedPlant, ...]] = field(default_factory=dict)
    symbols: Mapping[str, tuple[Annotation, ...]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    """The names of all animals and plants of the table."""
    animals_by_higher_taxon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The names of `animals` by each genus, family and order above them, except subspecies."""


def possible_decisions(rows: Iterable[Annotation], specimen: Specimen) -> dict[Effect, Annotation]:
    """Return the decisions that rows allow about a specimen, each with its first row.

    One decision is certain. If codes are missing, each row that they may fit is possible, down to the first that fits.
    """
    possible: dict[Effect, Annotation] = {}
    for row in rows:
        fit = row.fits(specimen)
        if fit is not False:
            possible.setdefault(row.effect, row)
        if fit:
            break
    return possible


@cache
def load_annotations() -> AnnotationTable:
    """Return all annotations, read once for each process."""
    animals: dict[str, list[Annotation]] = {}
    for cells in _read_rows("animal-annotations.csv"):
        annotation = _parse_annotation(cells)
        for taxon in sorted(annotation.taxa):
            animals.setdefault(taxon, []).append(annotation)
    symbols: dict[str, list[Annotation]] = {}
    for cells in _read_rows("plant-annotations.csv"):
        symbols.setdefault(cells["symbol"], []).append(_parse_annotation(cells))
    plants: dict[str, list[AnnotatedPlant]] = {}
    for cells in _read_rows("annotated-plants.csv"):
        plants.setdefault(cells["taxon"].lower(), []).append(
            AnnotatedPlant(
                taxon=cells["taxon"],
                symbol=cells["symbol"],
                in_appendix_one=cells["appendix"] == "I",
                since=date.fromisoformat(cells["since"]),
                until=_parse_end(cells["until"]),
                source=cells["source"],
            )
        )
    names = frozenset(animals) | frozenset(plants)
    below: dict[str, list[str]] = {}
    for cells in _read_rows("annotated-animals.csv"):
        for higher in cells["higher_taxa"].lower().split():
            below.setdefault(higher, []).append(cells["taxon"].lower())
    return AnnotationTable(
        animals=_frozen(animals),
        plants=_frozen(plants),
        symbols=_frozen(symbols),
        names=names,
        animals_by_higher_taxon=_frozen(below),
    )


def _frozen(rows: Mapping[str, Collection[Row]]) -> dict[str, tuple[Row, ...]]:
    return {key: tuple(some) for key, some in rows.items()}


def _read_rows(name: str) -> list[dict[str, str]]:
    text = (files("shared.cites") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _parse_annotation(cells: Mapping[str, str]) -> Annotation:
    return Annotation(
        effect=Effect(cells["effect"]),
        text=cells["text"],
        source=cells["source"],
        since=date.fromisoformat(cells["since"]),
        until=_parse_end(cells["until"]),
        symbol=cells.get("symbol", ""),
        taxa=frozenset(name.lower() for name in cells["taxa"].split("|") if name),
        countries=_parse_codes(cells["countries"]),
        exporters=_parse_codes(cells["exporters"]),
        destinations=_parse_codes(cells.get("destinations", "")),
        terms=_parse_codes(cells["terms"]),
        purposes=_parse_codes(cells.get("purposes", "")),
        sources=_parse_codes(cells["sources"]),
    )


def _parse_end(text: str) -> date:
    return date.fromisoformat(text) if text else ANY_DAY


def _parse_codes(text: str) -> Codes:
    """Return the condition of a cell: codes with blanks between them, `AFRICA`, or `!` before the codes not meant."""
    listed = frozenset(text.removeprefix("!").split())
    return Codes(listed=AFRICA if listed == {"AFRICA"} else listed, negated=text.startswith("!"))
