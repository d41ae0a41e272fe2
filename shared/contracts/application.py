"""An application for a permit as a trader states it, and what trader and authority do with it."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.fields import (
    Country,
    Day,
    Id,
    LineLetter,
    Purpose,
    Reason,
    Text,
    Token,
    Trader,
    Wire,
    first_twice,
)
from shared.contracts.permit import Carnet, Kind, PermitLine
from shared.contracts.quantities import Amount, Quantity

IMPORTING = frozenset({"import", "introduction_from_the_sea"})


class Application(Wire):
    """What a trader asks for: a permit without its number and dates, which the authority gives."""

    reference: Annotated[Token | None, Field(description="The trader's own reference")] = None
    trader: Annotated[
        Id | None, Field(description="Party id of the trader, if acting under a mandate; found by its identifier else")
    ] = None
    kind: Kind
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
    def asked(self) -> str:
        """The country whose authority is asked."""
        return self.issuer or (self.import_country if self.kind in IMPORTING else self.export_country)

    @model_validator(mode="after")
    def _lines_are_lettered_once(self) -> "Application":
        if (place := first_twice(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", place, "line")}
            raise PydanticCustomError("line_letter_twice", "Each line has a letter of its own", at)
        return self


class Question(Wire):
    """The authority asks the applicant."""

    message: Annotated[Reason, Field(validation_alias=AliasChoices("message", "question", "reason"))]


class Reply(Wire):
    """The applicant answers."""

    message: Annotated[Reason, Field(validation_alias=AliasChoices("message", "answer", "reason"))]


class Withdrawal(Wire):
    """The applicant takes the application back."""

    reason: Text | None = None


class Assessment(Wire):
    """One person of the authority says what it found; where the country's policy asks for it, another one issues."""

    recommendation: Literal["grant", "refuse"]
    note: Text | None = None


class GrantedLine(Wire):
    """A line that is granted: as much as was asked when nothing else is said, never more."""

    line: LineLetter
    quantity: Quantity | None = None
    quota_used: Annotated[Amount | None, Field(description="Box 11a, this permit included")] = None
    annual_quota: Annotated[Amount | None, Field(description="Box 11a")] = None


class Granting(Wire):
    """The authority grants; what it does not say is as asked, the longest its kind allows, and numbered by the hub."""

    number: Annotated[Token | None, Field(description="Box 1; given by the hub when not said")] = None
    issued_on: Annotated[Day | None, Field(description="Today where the authority is, when not said")] = None
    valid_until: Annotated[Day | None, Field(description="As long as the kind allows, when not said")] = None
    special_conditions: Text | None = None
    security_stamp: Token | None = None
    retrospective: bool = False
    lines: Annotated[
        tuple[GrantedLine, ...],
        Field(max_length=200, strict=False, description="Lines not named are not granted; none named: all, whole"),
    ] = ()
    reason: Text | None = None

    @model_validator(mode="after")
    def _each_line_once(self) -> "Granting":
        if (place := first_twice(line.line for line in self.lines)) is not None:
            at = {"at": ("lines", place, "line")}
            raise PydanticCustomError("line_letter_twice", "Each line is granted once", at)
        return self
