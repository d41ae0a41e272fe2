"""The context of most rules: one document that an item cites, with its permit and lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.permits.domain.model.permits import PermitLineRecord, PermitRecord
from services.permits.domain.reference.facts import NO_FACTS, Facts
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.contracts.closed_sets import Side
from shared.contracts.declaration import Declaration, Document, Item
from shared.contracts.findings import CitedLine

ClaimKey = tuple[UUID, str, Side, UUID]
"""Permit, line and side, and the declaration that counted."""


@dataclass(frozen=True, kw_only=True)
class CitationContext:
    """One document that an item cites, with the permit that it means.

    `days` are the first and the last day of receipt in the issuer's time zones, which may differ by one.
    A document is in force if one of them is within its dates. `requested` is the item's quantity in the line's unit;
    None if the unit has no exact conversion. Listings, suspensions and quotas are those of `day`.
    """

    declaration: Declaration
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

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the declaration."""
        return self.declaration.items

    @property
    def is_never_endorsed(self) -> bool:
        """Return whether the country of import issued the document. Such a document is never endorsed."""
        return self.permit.content.kind in IMPORT_SIDE_KINDS

    @property
    def endorsed_transport_documents(self) -> frozenset[str]:
        """The transport documents endorsed on the document; on the item's others if it is never endorsed."""
        return self.endorsed_on_other_documents if self.is_never_endorsed else self.permit.transport_documents

    @property
    def line(self) -> PermitLineRecord:
        """The first line that the document may mean. Rules about lines apply only if one was found."""
        return self.lines[0]

    @property
    def cited_line(self) -> CitedLine:
        """The permit, with the line that was found or else the line that the document names."""
        line_letter = self.lines[0].content.line if self.lines else self.document.line
        return CitedLine(issuer=self.permit.content.issuer, number=self.permit.content.number, line=line_letter)

    def pointer(self, field: str) -> str:
        """Return the JSON Pointer of a field of the item."""
        return f"/items/{self.item_index}/{field}"

    def document_pointer(self, field: str) -> str:
        """Return the JSON Pointer of a field of the cited document."""
        return f"/items/{self.item_index}/documents/{self.document_index}/{field}"
