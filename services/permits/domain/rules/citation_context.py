"""The context of most rules: one document that an item cites, with its permit and lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal
from uuid import UUID

from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference.facts import NO_FACTS, Facts
from services.permits.domain.reference.listing_status import ListingStatus
from services.permits.domain.rules.matching import line_origin_country
from shared.cites.annotations import Specimen
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.contracts.closed_sets import Movement, Side, Unit
from shared.contracts.declaration import Declaration, Document, Item
from shared.contracts.findings import CitedLine

ClaimKey = tuple[UUID, str, Side, UUID]
"""Permit, line and side, and the declaration that counted."""


@dataclass(frozen=True, kw_only=True)
class CitationContext:
    """One document that an item cites, with the permit that it means.

    `days` are the first and the last day of receipt in the issuer's time zones, which may differ by one.
    A document is in force if one of them is within its dates. `requested` is the quantity of the document in the
    line's unit. It is None if the unit has no exact conversion, or if the allocation is not certain.
    Listings, suspensions and quotas are those of `day`.
    """

    declaration: Declaration
    declared_by: Literal["exporter", "importer"]
    item_index: int
    item: Item
    document_index: int
    document: Document
    side: Side
    days: tuple[date, date]
    permit: PermitRecord
    lines: tuple[PermitLineRecord, ...] = ()
    requested: Decimal | None = None
    day: date = date.min
    facts: Facts = NO_FACTS
    counting_declaration: UUID | None = None
    """The declaration that the document names as counting this use."""
    endorsed_on_other_documents: frozenset[str] = frozenset()
    """The transport documents endorsed on the other documents that the item cites."""
    own_claims: Mapping[ClaimKey, Decimal] = field(default_factory=dict)
    """The quantities that earlier documents of the declaration claim of the counts of other declarations."""

    current_permits: Mapping[tuple[str, str], PermitRecord] = field(default_factory=dict)
    """The loaded permits with the reservations of earlier items, for a re-export certificate."""

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.items

    @property
    def is_transit(self) -> bool:
        """Return whether the goods only pass through a country, so that they use no permit line."""
        return self.declaration.movement is Movement.TRANSIT

    @property
    def is_never_endorsed(self) -> bool:
        """Return whether the country of import issued the document. Such a document is never endorsed."""
        return self.permit.content.kind in IMPORT_SIDE_KINDS

    @property
    def endorsed_transport_documents(self) -> frozenset[str]:
        """The transport documents endorsed on the document; on the item's others if it is never endorsed."""
        return self.endorsed_on_other_documents if self.is_never_endorsed else self.permit.transport_documents

    @property
    def declared_quantity(self) -> Decimal:
        """The quantity that the document states; else that of the item."""
        return self.item.quantity if self.document.quantity is None else self.document.quantity

    @property
    def declared_unit(self) -> Unit:
        """The unit of the declared quantity."""
        return self.document.unit or self.item.unit

    @property
    def line(self) -> PermitLineRecord:
        """The first line that the document may mean. Rules about lines apply only if one was found."""
        return self.lines[0]

    @cached_property
    def name_to_look_up(self) -> str:
        """The name to look up in the listing: the declared one if it is a known lower taxon of the line's."""
        return self.facts.name_to_look_up(self.line.content.taxon, self.item.taxon, self.day)

    @cached_property
    def specimen(self) -> Specimen:
        """The codes of the line, by which the annotations of a listing decide."""
        permit, line = self.permit.content, self.line.content
        return Specimen(
            term=line.term,
            purpose=permit.purpose or self.item.purpose,
            source=line.source,
            underlying_source=line.underlying_source,
            export_country=permit.export_country,
            import_country=permit.import_country,
        )

    @cached_property
    def listing_status(self) -> ListingStatus:
        """The listing status of the line on the day of the check; of the declared taxon if the line's is higher."""
        return self.listing_status_on(self.day)

    def listing_status_on(self, day: date) -> ListingStatus:
        """Return the listing status of the line on a day."""
        name, origin = self.name_to_look_up, line_origin_country(self.permit, self.line)
        specimen = self.specimen if self.facts.listings.is_annotated(name) else None
        return self.facts.listing_status(name, day, origin, specimen=specimen)

    @property
    def cited_line(self) -> CitedLine:
        """The permit, with the line that was found or else the line that the document names."""
        line_letter = self.lines[0].content.line if self.lines else self.document.line
        return CitedLine(issuer=self.permit.content.issuer, number=self.permit.content.number, line=line_letter)

    def pointer(self, field: str) -> str:
        """Return the JSON Pointer of a field of the item."""
        return f"/items/{self.item_index}/{field}"

    def quantity_pointer(self, field: str) -> str:
        """Return the JSON Pointer of a field of the declared quantity: that of the document, else that of the item."""
        return self.pointer(field) if self.document.quantity is None else self.document_pointer(field)

    def document_pointer(self, field: str) -> str:
        """Return the JSON Pointer of a field of the cited document."""
        return f"/items/{self.item_index}/documents/{self.document_index}/{field}"
