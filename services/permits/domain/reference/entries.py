"""Entries of the loaded reference data: a taxon of the species index, a suspension, an annual quota, an HS code."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.permits.domain.reference import names
from services.permits.domain.reference.listings import Population
from shared.cites.hs_codes import HsConcern
from shared.contracts.closed_sets import CodesReading, KeptFact, QuotaPeriod


@dataclass(frozen=True, kw_only=True)
class Taxon:
    """One taxon of the species index. `since` is None if the file does not state the first day of its listing."""

    taxon_id: str
    name: str
    author: str
    rank: str
    kingdom: str
    parts: tuple[Population, ...]
    lineage: tuple[str, ...]
    synonyms: tuple[str, ...]
    annotation: str
    english: str
    distribution: tuple[str, ...]
    symbol: str = ""
    """The # annotation of a plant, such as `#4`."""
    since: date | None = None
    kept: tuple[KeptFact, ...] = ()
    """The facts that are not of the file but of the listing before it."""
    kept_since: date | None = None
    """The first day of the listing that the kept facts come from."""

    @property
    def key(self) -> str:
        """The key of its accepted name."""
        return names.key(self.name)

    @property
    def identity(self) -> str:
        """The value that identifies the taxon in each load."""
        return self.taxon_id


@dataclass(frozen=True, kw_only=True)
class Suspension:
    """A recommendation to suspend trade with a country in a taxon and its lower taxa, or in all taxa (Conf. 14.3).

    An empty country, taxon or tuple means any. `codes_reading` is the meaning of the three tuples of codes.
    """

    country: str
    taxon: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    applies_to_import: bool
    starts: date | None
    ends: date | None
    note: str = ""
    codes_reading: CodesReading = CodesReading.COVERED
    known_from: date | None = None
    """The day on which the hub first loaded it. It has no effect before that day."""

    @property
    def taxon_key(self) -> str:
        """The key of its taxon; empty if all trade is meant."""
        return names.key(self.taxon)

    @property
    def identity(self) -> str:
        """The value that identifies the suspension in each load."""
        parts = (self.country, self.taxon_key, *map(",".join, (self.terms, self.sources, self.purposes)))
        exempt = (CodesReading.EXEMPT,) if self.codes_reading is CodesReading.EXEMPT else ()
        return "|".join((*parts, str(self.starts or ""), *exempt))

    def covers(self, term: str | None, source: str | None, purpose: str | None) -> bool:
        """Return whether the suspension covers trade with these codes. It covers a code that is not stated.

        Trade is exempt if any one of its codes is exempt. It is covered if each of its codes is covered.
        """
        stated = ((self.terms, term), (self.sources, source), (self.purposes, purpose))
        is_listed = self.codes_reading is CodesReading.COVERED
        return all(not codes or code is None or (code in codes) is is_listed for codes, code in stated)


@dataclass(frozen=True, kw_only=True)
class Quota:
    """The amount of a taxon that a country may export in a period (Conf. 14.7). `unit` is the unit of `amount`.

    An empty country means each country. A quota without an end applies in every year (`EVERY_YEAR`).
    """

    country: str
    taxon: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    unit: str
    amount: Decimal
    starts: date
    ends: date | None
    period: QuotaPeriod = QuotaPeriod.ONCE
    note: str = ""

    @property
    def taxon_key(self) -> str:
        """The key of its taxon."""
        return names.key(self.taxon)

    @property
    def identity(self) -> str:
        """The value that identifies the quota in each load."""
        parts = (self.country, self.taxon_key, *map(",".join, (self.terms, self.sources, self.purposes)))
        return "|".join((*parts, self.unit, self.starts.isoformat(), self.ends.isoformat() if self.ends else ""))


@dataclass(frozen=True, kw_only=True)
class HsCode:
    """A row of a country about goods whose HS code begins with `code`. An empty country means all countries."""

    country: str
    code: str
    concern: HsConcern
    reason: str

    @property
    def identity(self) -> str:
        """The value that identifies the row in each load."""
        return f"{self.country}|{self.code}"
