"""An application for a permit as a trader states it, and what trader and authority do with it."""

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
from shared.contracts.permit import Carnet, PermitLine
from shared.contracts.quantities import Amount, Quantity

IMPORT_KINDS = frozenset({PermitKind.IMPORT, PermitKind.INTRODUCTION_FROM_THE_SEA})


class Application(WireModel):
    """What a trader asks for: a permit without its number and dates, which the authority gives."""

    reference: Annotated[ShortText | None, Field(description="The trader's own reference")] = None
    trader: Annotated[
        Id | None, Field(description="Party id of the trader, if acting under a mandate; found by its identifier else")
    ] = None
    kind: PermitKind
    issuer: Annotated[
        Country | None,
        Field(description="Whose authority is asked; the country of import for an import permit, else of export"),
    ] = None
    exporter: Trader
    importer: Trader
    export_country: Country
    import_country: Country
    purpose: Purpose
    carnet: Carnet | None = None
    lines: Annotated[tuple[PermitLine, ...], Field(min_length=1, max_length=200, strict=False)]
    remarks: Text | None = None

    @property
    def authority_country(self) -> str:
        """The country whose authority is asked."""
        return self.issuer or (self.import_country if self.kind in IMPORT_KINDS else self.export_country)

    @model_validator(mode="after")
    def _line_letters_are_unique(self) -> "Application":
        if (index := first_duplicate_index(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", index, "line")}
            raise PydanticCustomError("line_letter_twice", "Each line has a letter of its own", at)
        return self


class Question(WireModel):
    """The authority asks the applicant."""

    message: Annotated[Reason, Field(validation_alias=AliasChoices("message", "question", "reason"))]


class Reply(WireModel):
    """The applicant answers."""

    message: Annotated[Reason, Field(validation_alias=AliasChoices("message", "answer", "reason"))]


class Withdrawal(WireModel):
    """The applicant takes the application back."""

    reason: Text | None = None


class Assessment(WireModel):
    """One person of the authority says what it found; where the country's policy asks for it, another one issues."""

    recommendation: Recommendation
    note: Text | None = None


class GrantedLine(WireModel):
    """A line that is granted: as much as was asked when nothing else is said, never more."""

    line: LineLetter
    quantity: Quantity | None = None
    quota_used: Annotated[Amount | None, Field(description="Box 11a, this permit included")] = None
    annual_quota: Annotated[Amount | None, Field(description="Box 11a")] = None


class GrantDecision(WireModel):
    """The authority grants; what it does not say is as asked, the longest its kind allows, and numbered by the hub."""

    number: Annotated[ShortText | None, Field(description="Box 1; given by the hub when not said")] = None
    issued_on: Annotated[Day | None, Field(description="Today where the authority is, when not said")] = None
    valid_until: Annotated[Day | None, Field(description="As long as the kind allows, when not said")] = None
    special_conditions: Text | None = None
    security_stamp: ShortText | None = None
    retrospective: bool = False
    lines: Annotated[
        tuple[GrantedLine, ...],
        Field(max_length=200, strict=False, description="Lines not named are not granted; none named: all, whole"),
    ] = ()
    reason: Text | None = None

    @model_validator(mode="after")
    def _line_letters_are_unique(self) -> "GrantDecision":
        if (index := first_duplicate_index(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", index, "line")}
            raise PydanticCustomError("line_letter_twice", "Each line is granted once", at)
        return self
