"""A permit as its authority writes it, and what customs and the authority do with it: the boxes of the standard form.

Resolution Conf. 12.3 (Rev. CoP19), annex 2; box numbers beside the fields.
"""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.cites.codes import ACCOMPANIED_SOURCES
from shared.contracts.closed_sets import Appendix, PermitKind, Purpose, Source, UnderlyingSource, Unit
from shared.contracts.declaration import TermCode
from shared.contracts.fields import (
    Country,
    Day,
    LineLetter,
    Name,
    Reason,
    ShortText,
    Taxon,
    Text,
    Trader,
    WireModel,
    first_duplicate_index,
)
from shared.contracts.quantities import Amount, Quantity


class PermitLine(WireModel):
    """One line (A, B, C…) of a permit: boxes 7 to 12."""

    line: LineLetter
    taxon: Annotated[Taxon, Field(description="Scientific name, box 7")]
    appendix: Annotated[Appendix, Field(description="In force on the date of issue, box 10")]
    source: Source
    underlying_source: UnderlyingSource | None = None
    term: Annotated[TermCode, Field(description="Box 9")]
    quantity: Annotated[Quantity, Field(description="Box 11")]
    unit: Unit
    origin_country: Annotated[Country | None, Field(description="Box 12; the country of export when not said")] = None
    origin_permit: Annotated[ShortText | None, Field(description="Box 12: permit of the country of origin")] = None
    origin_date: Annotated[Day | None, Field(description="Box 12: date of that permit")] = None
    last_export_country: Annotated[Country | None, Field(description="Box 12a: country of last re-export")] = None
    last_export_certificate: Annotated[ShortText | None, Field(description="Box 12a: its certificate")] = None
    last_export_date: Annotated[Day | None, Field(description="Box 12a: date of that certificate")] = None
    registered_operation: Annotated[ShortText | None, Field(description="Box 12b: number of the operation")] = None
    acquired_on: Annotated[Day | None, Field(description="Box 12b: date of acquisition, pre-Convention")] = None
    quota_used: Annotated[
        Amount | None, Field(description="Box 11a: exported this year, this permit included, in the line's unit")
    ] = None
    annual_quota: Annotated[Amount | None, Field(description="Box 11a: the year's quota, in the line's unit")] = None
    description: Annotated[Text | None, Field(description="Box 9: description, marks")] = None

    @model_validator(mode="after")
    def _underlying_source_needs_source_i_or_o(self) -> "PermitLine":
        if self.underlying_source is not None and self.source not in ACCOMPANIED_SOURCES:
            raise PydanticCustomError("underlying_source_alone", "underlying_source stands beside source I or O only")
        return self


class Carnet(WireModel):
    """The ATA or TIR carnet that a sample collection travels with."""

    number: ShortText
    valid_until: Day


class Permit(WireModel):
    """A CITES permit or certificate; its number is unique for its issuing country only."""

    number: Annotated[ShortText, Field(description="Box 1")]
    kind: PermitKind
    issuer: Annotated[Country, Field(description="Country of the issuing authority, box 6")]
    issued_on: Annotated[Day, Field(description="Box 13")]
    valid_until: Annotated[Day, Field(description="The last day it is valid, in the issuer's time zone, box 2")]
    exporter: Annotated[Trader, Field(description="Box 4")]
    importer: Annotated[Trader, Field(description="Box 3")]
    export_country: Country
    import_country: Country
    purpose: Annotated[Purpose, Field(description="Box 5a")]
    special_conditions: Annotated[Text | None, Field(description="Box 5")] = None
    security_stamp: Annotated[ShortText | None, Field(description="Box 5b")] = None
    retrospective: Annotated[bool, Field(description="Issued after the goods left: exceptional, and marked")] = False
    carnet: Annotated[Carnet | None, Field(description="Of a sample collection: it is never valid longer")] = None
    lines: Annotated[tuple[PermitLine, ...], Field(min_length=1, max_length=200, strict=False)]

    @model_validator(mode="after")
    def _line_letters_are_unique(self) -> "Permit":
        if (index := first_duplicate_index(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", index, "line")}
            raise PydanticCustomError("line_letter_twice", "Each line has a letter of its own", at)
        return self


class EndorsedLine(WireModel):
    """The quantity of one line that customs saw leave, in the line's unit."""

    line: LineLetter
    quantity: Amount


class Endorsement(WireModel):
    """Box 14: what really left, where and when; box 15: the bill of lading or air waybill."""

    lines: Annotated[tuple[EndorsedLine, ...], Field(min_length=1, max_length=200, strict=False)]
    port: Name | None = None
    transport_document: ShortText | None = None
    endorsed_on: Day | None = None

    @model_validator(mode="after")
    def _line_letters_are_unique(self) -> "Endorsement":
        if (index := first_duplicate_index(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", index, "line")}
            raise PydanticCustomError("line_letter_twice", "Each line is endorsed once in one endorsement", at)
        return self


class Revocation(WireModel):
    """The authority takes the permit back, for a reason."""

    reason: Reason


class Loss(WireModel):
    """The authority notes that the paper is lost; nothing is moved on it until it is found."""

    reason: Text | None = None


class Recovery(WireModel):
    """The authority notes that a lost paper was found."""

    reason: Text | None = None
