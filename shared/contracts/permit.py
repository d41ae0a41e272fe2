"""A permit as its authority writes it, and the commands of customs and authority about it.

The box numbers are those of the standard form: Resolution Conf. 12.3 (Rev. CoP19), annex 2.
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
from shared.contracts.limits import LINES
from shared.contracts.quantities import Amount, Quantity


class PermitLine(WireModel):
    """One line (A, B, C …) of a permit: boxes 7 to 12."""

    line: Annotated[LineLetter, Field(description="Letter of the line, unique in the permit")]
    taxon: Annotated[Taxon, Field(description="Box 7: scientific name")]
    appendix: Annotated[Appendix, Field(description="Box 10: Appendix in force on the day of issue")]
    source: Annotated[Source, Field(description="Box 10: source of the specimens")]
    underlying_source: Annotated[
        UnderlyingSource | None, Field(description="Box 10: further source, only with source I or O")
    ] = None
    term: Annotated[TermCode, Field(description="Box 9: CITES trade term, such as SKI; see /v1/reference/terms")]
    quantity: Annotated[Quantity, Field(description="Box 11: granted quantity, above zero, in `unit`")]
    unit: Annotated[Unit, Field(description="Box 11: unit of all quantities of the line")]
    origin_country: Annotated[
        Country | None, Field(description="Box 12: country of origin; if left out, the country of export")
    ] = None
    origin_permit: Annotated[
        ShortText | None, Field(description="Box 12: number of the permit of the country of origin")
    ] = None
    origin_date: Annotated[Day | None, Field(description="Box 12: date of the permit of origin")] = None
    origin_reason: Annotated[
        Text | None,
        Field(
            description="Box 12: the reason why the permit of origin or its date is not stated, such as pre-Convention"
        ),
    ] = None
    last_export_country: Annotated[Country | None, Field(description="Box 12a: country of last re-export")] = None
    last_export_certificate: Annotated[
        ShortText | None, Field(description="Box 12a: number of the last re-export certificate")
    ] = None
    last_export_date: Annotated[Day | None, Field(description="Box 12a: date of the last re-export certificate")] = None
    registered_operation: Annotated[
        ShortText | None, Field(description="Box 12b: number of the registered operation")
    ] = None
    acquired_on: Annotated[
        Day | None, Field(description="Box 12b: date of acquisition of a pre-Convention specimen")
    ] = None
    quota_used: Annotated[
        Amount | None, Field(description="Box 11a: exported this year, this permit included, in the line's unit")
    ] = None
    annual_quota: Annotated[Amount | None, Field(description="Box 11a: the year's quota, in the line's unit")] = None
    description: Annotated[
        Text | None, Field(description="Box 9: description of the specimens, with marks and numbers")
    ] = None

    @model_validator(mode="after")
    def _underlying_source_needs_source_i_or_o(self) -> "PermitLine":
        if self.underlying_source is not None and self.source not in ACCOMPANIED_SOURCES:
            raise PydanticCustomError(
                "underlying_source_alone", "Expected `underlying_source` with source I or O only. Leave it out."
            )
        return self


class Carnet(WireModel):
    """The ATA or TIR carnet of a sample collection."""

    number: Annotated[ShortText, Field(description="Number of the carnet")]
    valid_until: Annotated[Day, Field(description="Last day of the carnet")]


class Permit(WireModel):
    """A CITES permit or certificate. Its number is unique only within its issuing country."""

    number: Annotated[ShortText, Field(description="Box 1: permit number, unique per issuer")]
    kind: PermitKind
    issuer: Annotated[Country, Field(description="Box 6: country of the issuing authority, ISO 3166-1 alpha-2")]
    issued_on: Annotated[Day, Field(description="Box 13: day of issue")]
    valid_until: Annotated[Day, Field(description="Box 2: last valid day, in the issuer's time zone")]
    exporter: Annotated[Trader, Field(description="Box 4: exporter or re-exporter")]
    importer: Annotated[Trader, Field(description="Box 3: importer")]
    export_country: Annotated[Country, Field(description="Box 4: country of export or re-export, ISO 3166-1 alpha-2")]
    import_country: Annotated[Country, Field(description="Box 3a: country of import, ISO 3166-1 alpha-2")]
    purpose: Annotated[Purpose, Field(description="Box 5a: purpose of the transaction")]
    special_conditions: Annotated[Text | None, Field(description="Box 5: special conditions")] = None
    security_stamp: Annotated[ShortText | None, Field(description="Box 5b: number of the security stamp")] = None
    retrospective: Annotated[bool, Field(description="True: issued after the goods left, by exception")] = False
    retrospective_reason: Annotated[
        Text | None, Field(description="Why the permit is issued after the goods left; only with `retrospective`")
    ] = None
    carnet: Annotated[
        Carnet | None, Field(description="Only for a sample collection, which is never valid longer than it")
    ] = None
    lines: Annotated[
        tuple[PermitLine, ...],
        Field(min_length=1, max_length=LINES, strict=False, description="Permit lines, 1 to 200"),
    ]

    @model_validator(mode="after")
    def _line_letters_are_unique(self) -> "Permit":
        if (index := first_duplicate_index(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", index, "line")}
            raise PydanticCustomError("line_letter_twice", "Expected another line: two lines have this one.", at)
        return self


class EndorsedLine(WireModel):
    """The quantity of one line that left, as customs counted it."""

    line: Annotated[LineLetter, Field(description="Letter of the permit line")]
    quantity: Annotated[Amount, Field(description="Quantity that left, zero or more, in the line's unit")]


class Endorsement(WireModel):
    """Box 14: what really left, where and when. Box 15: the bill of lading or air waybill."""

    lines: Annotated[
        tuple[EndorsedLine, ...],
        Field(min_length=1, max_length=LINES, strict=False, description="Box 14: lines that left, 1 to 200"),
    ]
    port: Annotated[Name | None, Field(description="Box 14: port of exportation")] = None
    transport_document: Annotated[
        ShortText | None, Field(description="Box 15: number of the bill of lading or air waybill")
    ] = None
    endorsed_on: Annotated[
        Day | None, Field(description="Box 14: day of the endorsement; if left out, today in the country of export")
    ] = None

    @model_validator(mode="after")
    def _line_letters_are_unique(self) -> "Endorsement":
        if (index := first_duplicate_index(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", index, "line")}
            raise PydanticCustomError("line_letter_twice", "Expected each line once: this one is there twice.", at)
        return self


class Revocation(WireModel):
    """The authority revokes the permit and states a reason."""

    reason: Annotated[Reason, Field(description="Why; every reader of the permit can read it")]


class Loss(WireModel):
    """The authority records that the permit is lost. No declaration may use it until it is found."""

    reason: Annotated[Text | None, Field(description="How the permit was lost")] = None


class Recovery(WireModel):
    """The authority records that a lost permit was found."""

    reason: Annotated[Text | None, Field(description="How the permit was found")] = None


class Takeover(WireModel):
    """The authority of the issuer takes over a permit that another country registered before that authority joined."""

    reason: Annotated[Text | None, Field(description="Remark of the authority about the takeover")] = None
