"""One item with all the papers it cites: what it is, where it stands, what it is treated as, what may exempt it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference.facts import Facts
from services.permits.domain.reference.listings import STRICTNESS, ListingStatus, effective_appendix
from services.permits.domain.rules.matching import line_origin_country
from shared.contracts.closed_sets import PermitKind, Side, Source
from shared.contracts.declaration import Declaration, Item
from shared.contracts.findings import CitedLine

EXEMPTING_KINDS = frozenset(
    {
        PermitKind.PRE_CONVENTION,
        PermitKind.CAPTIVE_BRED,
        PermitKind.TRAVELLING_EXHIBITION,
        PermitKind.MUSICAL_INSTRUMENT,
        PermitKind.PERSONAL_OWNERSHIP,
        PermitKind.SAMPLE_COLLECTION,
    }
)
"""Certificates that stand in place of permits (Article VII; Resolutions Conf. 9.7, 12.3, 16.8 and 10.20)."""
EXPORT_KINDS = frozenset({PermitKind.EXPORT, PermitKind.RE_EXPORT})
INTRODUCTION_FROM_THE_SEA = PermitKind.INTRODUCTION_FROM_THE_SEA
"""The certificate that stands for all others where nothing was exported (Articles III.5 and IV.6)."""


@dataclass(frozen=True, kw_only=True)
class ItemContext:
    """One item with all the papers it cites that are known, each with its line where one was found."""

    declaration: Declaration
    item_index: int
    item: Item
    side: Side
    day: date
    facts: Facts
    cited_permits: tuple[tuple[PermitRecord, PermitLineRecord | None], ...] = ()
    cites_unknown_document: bool = False
    """A document is cited that is not known here; what that is, nobody can say."""
    is_declared_not_cites: bool = False

    def pointer(self, field: str) -> str:
        """Return the JSON Pointer of a field of the item."""
        return f"/items/{self.item_index}/{field}"

    @property
    def cited_line(self) -> CitedLine | None:
        """The permit, and its line, that the item cites, where it is one alone."""
        if len(self.cited_permits) != 1 or self.cites_unknown_document:
            return None
        [(permit, line)] = self.cited_permits
        line_letter = line.content.line if line else None
        return CitedLine(issuer=permit.content.issuer, number=permit.content.number, line=line_letter)

    @property
    def cites_document(self) -> bool:
        """Return whether the item cites any document, known here or not."""
        return bool(self.cited_permits) or self.cites_unknown_document

    @cached_property
    def lines(self) -> tuple[tuple[PermitRecord, PermitLineRecord], ...]:
        """The lines that were found."""
        return tuple((permit, line) for permit, line in self.cited_permits if line is not None)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of document that the item cites."""
        return frozenset(permit.content.kind for permit, _ in self.cited_permits)

    @property
    def taxon(self) -> str | None:
        """The taxon, as stated, else that of the line."""
        return self.item.taxon or next((line.content.taxon for _, line in self.lines), None)

    @property
    def country(self) -> str:
        """The country of origin, as stated, else by the line, else the country of export."""
        by_line = next((line_origin_country(permit, line) for permit, line in self.lines), None)
        return self.item.origin_country or by_line or self.declaration.export_country

    @property
    def source(self) -> str | None:
        """The source, as stated, else that of the line."""
        return self.item.source or next((line.content.source for _, line in self.lines), None)

    @property
    def purpose(self) -> str | None:
        """The purpose, as stated, else that of the document."""
        return self.item.purpose or next((permit.content.purpose for permit, _ in self.lines), None)

    @cached_property
    def listing_status(self) -> ListingStatus:
        """Where the listing has the goods today."""
        return self.facts.listing_status(self.taxon, self.day, self.country)

    @cached_property
    def appendix(self) -> str | None:
        """The Appendix the goods are treated as: the document's where it names one, else the listing's.

        Where a split listing leaves several, the least strict: so much is needed at least. Of source D Appendix I
        counts as II (Article VII.4).
        """
        appendices = [self._appendix_of_line(permit, line) for permit, line in self.lines]
        if appendices:
            return effective_appendix(_strictest(appendices), self.source)
        if not self.listing_status.known:
            return None
        return effective_appendix(_least_strict(self.listing_status), self.source)

    def _appendix_of_line(self, permit: PermitRecord, line: PermitLineRecord) -> str | None:
        """Return a line's Appendix; the listing's of that day where the goods are of a narrower taxon, and stricter."""
        name = self.facts.name_to_look_up(line.content.taxon, self.item.taxon, self.day)
        if name == line.content.taxon:
            return line.content.appendix
        status_at_issue = self.facts.listing_status(name, permit.content.issued_on, self.country)
        return _strictest(
            [line.content.appendix, _least_strict(status_at_issue if status_at_issue.known else self.listing_status)]
        )

    @cached_property
    def is_exempt(self) -> bool:
        """Return whether a certificate stands in place of the permits: by Article VII, or as nothing was exported."""
        by_seeds = PermitKind.PHYTOSANITARY in self.kinds and self.source in {Source.A, Source.D}
        return (
            bool(self.kinds & EXEMPTING_KINDS)
            or by_seeds
            or (INTRODUCTION_FROM_THE_SEA in self.kinds and self.side is Side.IMPORT)
        )

    @property
    def has_only_other_documents(self) -> bool:
        """Return whether a document of no kind that the Convention knows is all there is."""
        return bool(self.kinds) and self.kinds <= {PermitKind.OTHER, PermitKind.PHYTOSANITARY} and not self.is_exempt

    def needs_permits_for(self, appendix: str) -> bool:
        """Return whether permits are asked for as for this Appendix."""
        return (
            self.appendix == appendix
            and not self.is_exempt
            and not self.cites_unknown_document
            and not self.has_only_other_documents
        )


def _least_strict(listing_status: ListingStatus) -> str | None:
    return min(listing_status.appendices, key=lambda one: STRICTNESS[one])


def _strictest(appendices: Iterable[str | None]) -> str | None:
    return max(appendices, key=lambda one: STRICTNESS[one])
