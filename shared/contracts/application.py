"""An application for a permit as a trader states it, and the commands of trader and authority about it."""

from typing import Annotated

from pydantic import AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.closed_sets import PermitKind, Purpose, Recommendation
from shared.contracts.fields import (
    Country,
    Day,
    Id,
    LineLetter,
    Reason,
    ShortText,
    Text,
    Trader,
    WireModel,
    first_duplicate_index,
)
from shared.contracts.limits import LINES
from shared.contracts.permit import Carnet, PermitLine
from shared.contracts.quantities import Amount, Quantity

IMPORT_KINDS = frozenset({PermitKind.IMPORT, PermitKind.INTRODUCTION_FROM_THE_SEA})


class Application(WireModel):
    """An application for a permit: a permit without number and dates, which the authority adds."""

    reference: Annotated[ShortText | None, Field(description="The trader's own reference, at most 64 characters")] = (
        None
    )
    trader: Annotated[
        Id | None,
        Field(description="Party id of the trader, if an agent applies; if left out, the hub finds it by identifier"),
    ] = None
    kind: PermitKind
    issuer: Annotated[
        Country | None,
        Field(
            description="Country whose authority decides; if left out: import permits the import country, else export"
        ),
    ] = None
    exporter: Trader
    importer: Trader
    export_country: Annotated[Country, Field(description="Country that the goods will leave, ISO 3166-1 alpha-2")]
    import_country: Annotated[Country, Field(description="Country that the goods will enter, ISO 3166-1 alpha-2")]
    purpose: Purpose
    carnet: Annotated[Carnet | None, Field(description="Only for a sample collection")] = None
    lines: Annotated[
        tuple[PermitLine, ...],
        Field(min_length=1, max_length=LINES, strict=False, description="Requested lines, 1 to 200"),
    ]
    remarks: Annotated[Text | None, Field(description="Remarks to the authority, at most 500 characters")] = None

    @property
    def authority_country(self) -> str:
        """The country whose authority decides."""
        return self.issuer or (self.import_country if self.kind in IMPORT_KINDS else self.export_country)

    @model_validator(mode="after")
    def _line_letters_are_unique(self) -> "Application":
        if (index := first_duplicate_index(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", index, "line")}
            raise PydanticCustomError("line_letter_twice", "Expected another line: two lines have this one.", at)
        return self


class Question(WireModel):
    """A question of the authority to the applicant."""

    message: Annotated[
        Reason,
        Field(validation_alias=AliasChoices("message", "question", "reason"), description="The question"),
    ]


class Reply(WireModel):
    """The applicant's reply to a question."""

    message: Annotated[
        Reason,
        Field(validation_alias=AliasChoices("message", "answer", "reason"), description="The reply"),
    ]


class Withdrawal(WireModel):
    """The applicant withdraws the application."""

    reason: Annotated[Text | None, Field(description="Why the applicant withdraws")] = None


class Assessment(WireModel):
    """The result of one officer's assessment. A country's policy may require that another officer grants."""

    recommendation: Recommendation
    note: Annotated[Text | None, Field(description="Result in words; only the authority reads it")] = None


class GrantedLine(WireModel):
    """A line that the authority grants: the requested quantity or less, never more."""

    line: Annotated[LineLetter, Field(description="Letter of the requested line")]
    quantity: Annotated[
        Quantity | None, Field(description="Granted quantity in the line's unit; if left out, the requested quantity")
    ] = None
    quota_used: Annotated[
        Amount | None, Field(description="Box 11a: exported this year, this permit included, in the line's unit")
    ] = None
    annual_quota: Annotated[Amount | None, Field(description="Box 11a: the year's quota, in the line's unit")] = None


class GrantDecision(WireModel):
    """The authority grants. A field that you leave out has the requested value, or the default that it describes."""

    number: Annotated[ShortText | None, Field(description="Box 1: permit number; if left out, the hub assigns one")] = (
        None
    )
    issued_on: Annotated[
        Day | None, Field(description="Box 13: day of issue; if left out, today in the authority's time zone")
    ] = None
    valid_until: Annotated[
        Day | None, Field(description="Box 2: last day; if left out, the longest that the kind allows")
    ] = None
    special_conditions: Annotated[Text | None, Field(description="Box 5: special conditions")] = None
    security_stamp: Annotated[ShortText | None, Field(description="Box 5b: number of the security stamp")] = None
    retrospective: Annotated[bool, Field(description="True: issued after the goods left, by exception")] = False
    retrospective_reason: Annotated[
        Text | None, Field(description="Why the permit is issued after the goods left; only with `retrospective`")
    ] = None
    lines: Annotated[
        tuple[GrantedLine, ...],
        Field(max_length=LINES, strict=False, description="Lines to grant; if left out, all lines in full"),
    ] = ()
    reason: Annotated[Text | None, Field(description="Remarks to the applicant")] = None

    @model_validator(mode="after")
    def _line_letters_are_unique(self) -> "GrantDecision":
        if (index := first_duplicate_index(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", index, "line")}
            raise PydanticCustomError("line_letter_twice", "Expected each line once: this one is there twice.", at)
        return self
