"""One entry of each list that is loaded: a taxon of the index, a suspension of trade, an annual quota."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.permits.domain.reference import names
from services.permits.domain.reference.listings import Population


@dataclass(frozen=True, kw_only=True)
class Taxon:
    """One taxon of the species index; `since` only where the file itself says from which day it holds."""

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
    since: date | None = None

    @property
    def key(self) -> str:
        """What its accepted name is found by."""
        return names.key(self.name)

    @property
    def identity(self) -> str:
        """What makes it the same taxon from load to load."""
        return self.taxon_id


@dataclass(frozen=True, kw_only=True)
class Suspension:
    """A recommendation to suspend trade with a country: of a taxon and all below it, or of all; empty means any."""

    country: str
    taxon: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    applies_to_import: bool
    starts: date | None
    ends: date | None
    note: str = ""
    known_from: date | None = None
    """Since when the list that is kept here has it; not before then does it hold."""

    @property
    def taxon_key(self) -> str:
        """What its taxon is found by; empty where all trade is meant."""
        return names.key(self.taxon)

    @property
    def identity(self) -> str:
        """What makes it the same suspension from load to load."""
        parts = (self.country, self.taxon_key, *map(",".join, (self.terms, self.sources, self.purposes)))
        return "|".join((*parts, str(self.starts or "")))


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How much of a taxon a country lets go in a time, usually a year; `unit` is that of the amount."""

    country: str
    taxon: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    unit: str
    amount: Decimal
    starts: date
    ends: date
    note: str = ""

    @property
    def taxon_key(self) -> str:
        """What its taxon is found by."""
        return names.key(self.taxon)

    @property
    def identity(self) -> str:
        """What makes it the same quota from load to load."""
        parts = (self.country, self.taxon_key, *map(",".join, (self.terms, self.sources, self.purposes)))
        return "|".join((*parts, self.unit, self.starts.isoformat(), self.ends.isoformat()))
