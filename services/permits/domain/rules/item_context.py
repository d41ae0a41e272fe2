"""The context of rules about one item with all its documents: taxon, source, Appendix, exemptions."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference import names
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listing_lookup import PLANTS
from services.permits.domain.reference.listing_status import ListingStatus
from services.permits.domain.reference.listings import STRICTNESS
from services.permits.domain.rules.matching import line_origin_country
from shared.cites.annotations import Effect, Specimen
from shared.cites.codes import IMPORT_SIDE_KINDS, PERMIT_KINDS
from shared.cites.customs_countries import UNCERTAIN_COUNTRIES
from shared.cites.hs_codes import HsRow
from shared.contracts.closed_sets import Appendix, Movement, PermitKind, Side
from shared.contracts.declaration import Item, NormalizedDeclaration
from shared.contracts.findings import CitedLine

EXEMPTING_KINDS = frozenset(
    {
        PermitKind.PRE_CONVENTION,
        PermitKind.CAPTIVE_BRED,
        PermitKind.TRAVELLING_EXHIBITION,
        PermitKind.MUSICAL_INSTRUMENT,
        PermitKind.PERSONAL_OWNERSHIP,
        PermitKind.SAMPLE_COLLECTION,
        PermitKind.PHYTOSANITARY,
    }
)
"""Certificates that replace permits (Article VII; Resolutions Conf. 12.3, 16.8 and 10.20)."""
EXPORT_KINDS = frozenset({PermitKind.EXPORT, PermitKind.RE_EXPORT})
KINDS_BY_SIDE: dict[Side, frozenset[str]] = {
    Side.EXPORT: frozenset(PERMIT_KINDS) - IMPORT_SIDE_KINDS,
    Side.IMPORT: frozenset(PERMIT_KINDS),
}
"""Permit kinds that serve each side. An import permit does not serve an export."""
INTRODUCTION_FROM_THE_SEA = PermitKind.INTRODUCTION_FROM_THE_SEA
"""The certificate that replaces permits for goods that no country exported (Articles III.5 and IV.6)."""


_LATER_GENERATION = re.compile(r"\bF\s?(?:[5-9]|[1-9]\d)\b")
"""A generation of a hybrid after the four that count (Resolution Conf. 10.17)."""


@dataclass(frozen=True, kw_only=True)
class ClaimedTotal:
    """The sum that all items of a declaration claim under one limit. A value is None if an item does not state it."""

    items: tuple[int, ...]
    amount: Decimal | None
    net_mass: Decimal | None


@dataclass(frozen=True, kw_only=True)
class ItemContext:
    """One item with all known permits that it cites, each with its line if one was found."""

    declaration: NormalizedDeclaration
    item_index: int
    item: Item
    side: Side
    day: date
    facts: Facts
    cited_permits: tuple[tuple[PermitRecord, PermitLineRecord | None], ...] = ()
    cites_unknown_document: bool = False
    """Whether the item cites a document that the hub does not know, so that its kind is unknown."""
    is_declared_not_cites: bool = False
    is_lodged_by_customs: bool = False
    """Whether customs lodged the declaration for a traveller, so that an officer has seen the goods."""
    claimed_totals: Mapping[str, ClaimedTotal] = field(default_factory=dict)
    """The sums of all items under each limit of Resolution Conf. 13.7, by the goods of the limit."""
    has_supporting_import_permit: bool = False
    """Whether an export cites the import permit in addition to its own document. `cited_permits` does not have it."""
    has_absent_document: bool = False
    """Whether the customs message cites a document of the Convention that nobody presents, such as a waived one."""
    known_permits: Mapping[tuple[str, str], PermitRecord] = field(default_factory=dict)
    """The permits that the hub knows, by issuer and number: those that documents cite, and those that these name."""

    def pointer(self, field: str) -> str:
        """Return the JSON Pointer of a field of the item."""
        return f"/items/{self.item_index}/{field}"

    def is_completed(self, field: str) -> bool:
        """Return whether the hub filled in a field of the item, because the declaration leaves it out."""
        pointer = self.pointer(field)
        return any(repair.pointer == pointer for repair in self.declaration.repairs)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.items

    @property
    def cited_line(self) -> CitedLine | None:
        """The permit, with its line, that the item cites; None if it cites several or an unknown one."""
        if len(self.cited_permits) != 1 or self.cites_unknown_document:
            return None
        [(permit, line)] = self.cited_permits
        line_letter = line.content.line if line else None
        return CitedLine(issuer=permit.content.issuer, number=permit.content.number, line=line_letter)

    @property
    def is_transit(self) -> bool:
        """Return whether the goods only pass through a country, where Articles III to V do not apply."""
        return self.declaration.movement is Movement.TRANSIT

    @property
    def cites_document(self) -> bool:
        """Return whether the item cites any document, known to the hub or not."""
        return bool(self.cited_permits) or self.cites_unknown_document

    @cached_property
    def hs_row(self) -> HsRow | None:
        """The row that decides about the HS code in the country that decides about the goods; None if none does."""
        decl = self.declaration
        country = decl.import_country if self.side is Side.IMPORT else decl.export_country
        return None if self.item.hs_code is None else self.facts.hs_row(self.item.hs_code, country, self.day)

    @cached_property
    def lines(self) -> tuple[tuple[PermitRecord, PermitLineRecord], ...]:
        """The permits and lines that were found."""
        return tuple((permit, line) for permit, line in self.cited_permits if line is not None)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The permit kinds that the item cites."""
        return frozenset(permit.content.kind for permit, _ in self.cited_permits)

    @property
    def taxon(self) -> str | None:
        """The declared taxon, or the taxon of the line."""
        return self.item.taxon or next((line.content.taxon for _, line in self.lines), None)

    @property
    def country(self) -> str:
        """The declared country of origin, or that of the line, or the country of export."""
        by_line = next((line_origin_country(permit, line) for permit, line in self.lines), None)
        return self.item.origin_country or by_line or self.declaration.export_country

    @property
    def population_country(self) -> str | None:
        """The country whose population decides about a split listing; None if the origin is several or unknown."""
        return None if self.country in UNCERTAIN_COUNTRIES else self.country

    @property
    def source(self) -> str | None:
        """The declared source, or the source of the line."""
        return self.item.source or next((line.content.source for _, line in self.lines), None)

    @property
    def underlying_source(self) -> str | None:
        """The declared underlying source, or that of the line."""
        return self.item.underlying_source or next((line.content.underlying_source for _, line in self.lines), None)

    @property
    def purpose(self) -> str | None:
        """The declared purpose, else that of the permit."""
        return self.item.purpose or next((permit.content.purpose for permit, _ in self.lines), None)

    @property
    def term(self) -> str | None:
        """The declared term, or the term of the line."""
        return self.item.term or next((line.content.term for _, line in self.lines), None)

    @cached_property
    def specimen(self) -> Specimen:
        """The codes of the goods, by which the annotations of a listing decide."""
        return Specimen(
            term=self.term,
            purpose=self.purpose,
            source=self.source,
            underlying_source=self.underlying_source,
            export_country=self.declaration.export_country,
            import_country=self.declaration.import_country,
        )

    @cached_property
    def listing_status(self) -> ListingStatus:
        """The listing status of the goods on the day of the check, by the annotations too."""
        is_annotated = self.taxon is not None and self.facts.listings.is_annotated(self.taxon)
        specimen = self.specimen if is_annotated else None
        return self.facts.listing_status(self.taxon, self.day, self.population_country, specimen=specimen)

    @cached_property
    def appendix(self) -> str | None:
        """The Appendix whose rules apply to the goods: that of the permit lines, else that of the listing.

        If a split listing leaves several Appendices possible, it is the least strict one: its rules apply in any case.
        Some specimens of Appendix I count as Appendix II, such as those of source D (Article VII.4). A specimen that an
        annotation leaves in Appendix I counts so, whatever its line states. A part that an annotation excludes has no
        Appendix.
        """
        stated = self.stated_appendix
        if stated is None or self.taxon is None:
            return stated
        return self.facts.listings.effective_appendix(self.taxon, stated, self.specimen)

    @cached_property
    def stated_appendix(self) -> str | None:
        """The Appendix that the permit lines or the listing state, whatever it counts as."""
        appendices = [self._appendix_of_line(permit, line) for permit, line in self.lines]
        if appendices:
            if self.listing_status.is_deemed_appendix_one:
                appendices.append(Appendix.I)
            return _strictest(appendices)
        if not self.listing_status.known or self.listing_status.coverage is not Effect.INCLUDED:
            return None
        return _least_strict(self.listing_status)

    def _appendix_of_line(self, permit: PermitRecord, line: PermitLineRecord) -> str | None:
        """Return a line's Appendix, or a stricter one of the listing at issue if the goods are of a lower taxon."""
        name = self.facts.name_to_look_up(line.content.taxon, self.item.taxon, self.day)
        if name == line.content.taxon:
            return line.content.appendix
        issued = permit.content.issued_on
        status_at_issue = self.facts.listing_status(name, issued, self.population_country, specimen=self.specimen)
        return _strictest(
            [line.content.appendix, _least_strict(status_at_issue if status_at_issue.known else self.listing_status)]
        )

    @cached_property
    def is_exempt(self) -> bool:
        """Return whether the item cites a certificate in place of permits (Articles III.5, IV.6 and VII).

        A certificate that does not cover the goods has a finding of its own (`rules.certificates`). It is the only
        cause, so the permits that would be needed instead have none.
        """
        return bool(self.kinds & EXEMPTING_KINDS) or (
            INTRODUCTION_FROM_THE_SEA in self.kinds and self.side is Side.IMPORT
        )

    @cached_property
    def is_animal_hybrid(self) -> bool:
        """Return whether the goods are a hybrid, and no plant."""
        return (
            self.taxon is not None and names.is_hybrid(self.taxon) and self.facts.listings.kingdom(self.taxon) != PLANTS
        )

    @cached_property
    def claims_pedigree(self) -> bool:
        """Return whether the trader claims that a hybrid has no listed ancestor within four generations.

        Code Y900 claims it, and a generation such as F5 in the taxon or in the description.
        """
        if self.cites_document or not self.is_animal_hybrid:
            return False
        texts = f"{self.item.taxon} {self.item.description or ''}"
        return self.is_declared_not_cites or _LATER_GENERATION.search(texts) is not None

    @property
    def is_import_permit_enough(self) -> bool:
        """Return whether the item cites an import permit, and the country of import lets traders cite it alone."""
        return (
            PermitKind.IMPORT in self.kinds
            and self.side is Side.IMPORT
            and self.facts.policy(self.declaration.import_country).import_permit_cited_alone
        )

    @property
    def claims_exemption(self) -> bool:
        """Return whether the item claims to be personal effects, in place of documents (Article VII.3)."""
        return self.item.exemption is not None and not self.cites_document and not self.is_declared_not_cites

    @property
    def acquired_in(self) -> str:
        """The country in which the owner acquired the goods: at import, the country of export if none is stated."""
        by_movement = self.declaration.export_country if self.side is Side.IMPORT else self.declaration.exporter.country
        return self.item.acquired_in or by_movement

    @property
    def has_only_other_documents(self) -> bool:
        """Return whether the item cites only documents that are no CITES documents."""
        return self.kinds == {PermitKind.OTHER}

    @property
    def cites_kind_of_other_side(self) -> bool:
        """Return whether a cited document does not serve this movement, which has a finding of its own."""
        return not self.kinds <= KINDS_BY_SIDE[self.side]

    def differs_from_lines(self, field: str) -> bool:
        """Return whether the item states another value than a line that it cites, which has a finding of its own."""
        stated = getattr(self.item, field)
        return any(stated not in {None, getattr(line.content, field)} for _, line in self.lines)

    def needs_permits_for(self, appendix: str) -> bool:
        """Return whether the goods need the permits of this Appendix. Goods in transit do not (Article VII.1)."""
        return self.appendix == appendix and self.needs_permits and not self.is_transit

    @property
    def needs_permits(self) -> bool:
        """Return whether the goods need a permit, because they are listed and no certificate replaces it."""
        return (
            self.appendix is not None
            and not self.is_exempt
            and not self.cites_unknown_document
            and not self.has_only_other_documents
            and not self.claims_pedigree
            and not self.claims_exemption
        )


def _least_strict(listing_status: ListingStatus) -> str | None:
    return min(listing_status.appendices, key=lambda one: STRICTNESS[one])


def _strictest(appendices: Iterable[str | None]) -> str | None:
    return max(appendices, key=lambda one: STRICTNESS[one])
