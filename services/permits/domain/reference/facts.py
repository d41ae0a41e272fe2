"""Facts: the reference data that one check needs: listings, suspensions, quota usages, policies and HS codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference import names
from services.permits.domain.reference.entries import Suspension
from services.permits.domain.reference.listing_lookup import Listings
from services.permits.domain.reference.listing_status import ListingStatus
from services.permits.domain.reference.names import covers_by_name as plainly_covers
from shared.cites.annotations import Specimen
from shared.cites.hs_codes import HS_EDITION_SINCE, NO_ROWS, HsRow, HsTable, built_in_hs_table
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.policy import Policy


@dataclass(frozen=True, kw_only=True)
class QuotaUsage:
    """The use of a quota up to a permit line. `total` includes this permit; amounts are in the quota's unit."""

    quota: UUID
    taxon: str
    amount: Decimal
    total: Decimal
    unit: str
    starts: date
    ends: date


@dataclass(frozen=True, kw_only=True)
class ReExportedGoods:
    """A quantity of goods of one kind on re-export certificates."""

    taxon: str
    term: str
    unit: str
    quantity: Decimal

    @property
    def kind(self) -> tuple[str, str, str]:
        """The taxon, the term and the unit."""
        return self.taxon, self.term, self.unit


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The reference data that rules read.

    `declarations_by_reference` has the declarations that documents name as counting a use. Its keys are the trader and
    the key of the reference.
    `line_counts` are the numbers of lines of permits that are not loaded, because a check of them would cost too much.
    """

    listings: Listings = field(default_factory=Listings)
    suspensions: tuple[Suspension, ...] = ()
    quota_usages: Mapping[tuple[UUID, str], tuple[QuotaUsage, ...]] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    declarations_by_reference: Mapping[tuple[UUID, str], UUID] = field(default_factory=dict)
    line_counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    previous_statuses: Mapping[tuple[str, str], PermitStatus] = field(default_factory=dict)
    """The status of each known permit that a re-export certificate names in box 12 or 12a, by issuer and number."""
    previous_permits: Mapping[tuple[str, str], PermitRecord] = field(default_factory=dict)
    """Each known permit that a re-export certificate names as its previous document, by issuer and number."""
    re_exported: Mapping[tuple[str, str], tuple[ReExportedGoods, ...]] = field(default_factory=dict)
    """Quantities that certificates which are not loaded took of each previous document."""
    re_export_lines: Mapping[tuple[str, str], tuple[tuple[tuple[str, str], str], ...]] = field(default_factory=dict)
    """The lines of loaded certificates by the previous document that they name: key of the certificate, and line."""
    hs_tables: Mapping[str, HsTable] = field(default_factory=dict)
    """The loaded rows of HS codes by country. The rows of the empty country are for all countries."""
    covers_cache: dict[tuple[str, str, date], bool] = field(default_factory=dict, compare=False, repr=False)
    """Earlier results of `covers`. They stay correct, because loaded listings do not change."""
    compared_lines_cache: dict[tuple[object, ...], frozenset[str]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """The lines of previous documents that kinds of re-exported goods are compared with."""
    may_cover_cache: dict[tuple[str, str, date], bool] = field(default_factory=dict, compare=False, repr=False)

    def policy(self, country: str) -> Policy:
        """Return a country's policy; the default policy, with every setting off, if the country has none."""
        return self.policies.get(country, DEFAULT_POLICY)

    def hs_row(self, code: str, country: str, day: date) -> HsRow | None:
        """Return the row that decides about an HS code in a country; None if no row names goods of the code.

        The rows of the country decide first, then those for all countries, then the built-in ones.
        """
        for table in (self.hs_tables.get(country, NO_ROWS), self.hs_tables.get("", NO_ROWS)):
            if (row := table.find(code, day)) is not None:
                return row
        return built_in_hs_table().find(code, max(day, HS_EDITION_SINCE))

    def listing_status(
        self, name: str | None, day: date, country: str | None, *, specimen: Specimen | None = None
    ) -> ListingStatus:
        """Return the listing status of specimens of a name from a country on a day.

        With `specimen`, the annotations of the Appendices decide about it.
        """
        return self.listings.listing_status(name, day, country, specimen=specimen)

    def covers(self, permit_name: str, declared_name: str, day: date) -> bool:
        """Return whether a name on a permit covers a declared name: the same, a synonym, or a higher taxon of it.

        Results are cached, because each document of an item compares the same name with every line of its permit.
        """
        cache_key = permit_name, declared_name, day
        if cache_key not in self.covers_cache:
            self.covers_cache[cache_key] = self._find_covers(permit_name, declared_name, day)
        return self.covers_cache[cache_key]

    def may_cover(self, permit_name: str, declared_name: str, day: date) -> bool:
        """Return whether a name on a permit may cover a declared one by a synonym that no listing has.

        It may if a listing knows one of the names not at all, or only its genus or family. Two names that the listing
        identifies, or places in different orders, are different taxa. So are a hybrid and a name of no hybrid.
        """
        cache_key = permit_name, declared_name, day
        if cache_key not in self.may_cover_cache:
            self.may_cover_cache[cache_key] = self._find_may_cover(permit_name, declared_name, day)
        return self.may_cover_cache[cache_key]

    def _find_may_cover(self, permit_name: str, declared_name: str, day: date) -> bool:
        known = self.listings
        if names.is_hybrid(permit_name) is not names.is_hybrid(declared_name):
            return False
        if known.is_identified(permit_name, day) and known.is_identified(declared_name, day):
            return False
        one, other = known.placement(permit_name, day), known.placement(declared_name, day)
        return not one or not other or not one.isdisjoint(other)

    def _find_covers(self, permit_name: str, declared_name: str, day: date) -> bool:
        if self.is_same_taxon(permit_name, declared_name, day):
            return True
        if parents := names.hybrid_parents(declared_name):  # a hybrid is neither of its parents
            return all(self._is_higher_taxon_of_parent(permit_name, declared_name, parent, day) for parent in parents)
        return plainly_covers(permit_name, declared_name) or self.is_higher_taxon_of(permit_name, declared_name, day)

    def _is_higher_taxon_of_parent(self, permit_name: str, hybrid: str, parent: str, day: date) -> bool:
        above = self.listings.higher_taxa_of_parent(hybrid, parent, day)
        return names.key(permit_name) in above or bool(self.listings.accepted_keys(permit_name, day) & above)

    def is_same_taxon(self, one: str, other: str, day: date) -> bool:
        """Return whether two names mean the same taxon, by their keys or by the listing of the day."""
        mixed, key = frozenset(names.hybrid_parents(one)), names.key(one)
        if (key and key == names.key(other)) or (mixed and mixed == frozenset(names.hybrid_parents(other))):
            return True
        return bool(self.listings.accepted_keys(one, day) & self.listings.accepted_keys(other, day))

    def name_to_look_up(self, permit_name: str, declared_name: str | None, day: date) -> str:
        """Return the name to look up in the listing: the declared name if it is a known lower taxon of the permit's.

        A line for a higher taxon (`Felidae spp.`) covers species of different Appendices, so the narrower name counts.
        """
        if (
            declared_name is None
            or names.key(permit_name) == names.key(declared_name)
            or not self.listing_status(declared_name, day, None).known
        ):
            return permit_name
        narrower = not self.is_same_taxon(permit_name, declared_name, day) and self.covers(
            permit_name, declared_name, day
        )
        return declared_name if narrower else permit_name

    def is_higher_taxon_of(self, permit_name: str, declared_name: str, day: date) -> bool:
        """Return whether the name on a permit is a higher taxon of the declared name."""
        above = self.listings.higher_taxa(declared_name, day)
        return names.key(permit_name) in above or bool(self.listings.accepted_keys(permit_name, day) & above)

    def is_within_taxon(self, name: str | None, taxon_key: str, day: date) -> bool:
        """Return whether a name is of the taxon with this key or of a lower one. An empty key means all taxa."""
        if not taxon_key or name is None:
            return not taxon_key
        every = {names.key(name), *self.listings.higher_taxa(name, day), *self.listings.accepted_keys(name, day)}
        return taxon_key in every or bool(self.listings.accepted_keys(taxon_key, day) & every)


DEFAULT_POLICY = Policy()
NO_FACTS = Facts()
"""No reference data: only the permits count."""
