"""What the hub returns about declarations."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts import declaration, findings
from shared.contracts.closed_sets import DeclarationStatus
from shared.contracts.fields import Id, Timestamp, WireModel
from shared.contracts.views.pages import Page
from shared.contracts.views.parts import LEFT_OUT, Amount, CountryCode, Fault, HistoryEntry


class FindingView(findings.Finding):
    """One thing a rule found: block means rejected, refer that an officer decides, note is for information."""

    model_config = ConfigDict(defer_build=True, json_schema_serialization_defaults_required=True)


class PermitName(WireModel):
    """A permit by its id and its number."""

    id: Id
    issuer: CountryCode
    number: str


class UsageView(WireModel):
    """What an item uses of a permit line, in the line's unit."""

    item: int
    permit: PermitName
    line: str
    reserved: Amount
    consumed: Amount
    unit: str
    dead_on_arrival: Annotated[
        int | None, LEFT_OUT, Field(description="Of live animals, where customs told of them")
    ] = None


class DeclarationHistoryEntry(HistoryEntry):
    """One row of a declaration's history; where an officer or an authority settled something, what it was."""

    overridden: Annotated[str | None, Field(description="The rule whose finding was settled")] = None
    item: Annotated[int | None, Field(description="The item it was about; all of them where none is named")] = None
    line: Annotated[str | None, Field(description="The permit line the officer named")] = None
    quantity: Annotated[Amount | None, Field(description="What the officer or the authority named")] = None
    unit: Annotated[str | None, Field(description="Of what the authority consented to")] = None


class DeclarationView(declaration.NormalizedDeclaration):
    """A declaration whole: what was stated, where it stands, what was found, used and done."""

    model_config = ConfigDict(defer_build=True)

    trader: Id
    id: Id
    version: int
    status: DeclarationStatus
    lodged_by: Id
    received_at: Timestamp
    digest: str
    findings: tuple[FindingView, ...]
    usage: tuple[UsageView, ...]
    history: tuple[DeclarationHistoryEntry, ...]


class Declarations(Page):
    """A page of declarations, newest first."""

    model_config = ConfigDict(defer_build=True)

    data: tuple[DeclarationView, ...]


class Verdict(WireModel):
    """What the hub would find in a declaration; nothing is kept."""

    model_config = ConfigDict(defer_build=True)

    valid: bool
    status: Annotated[
        DeclarationStatus | None, LEFT_OUT, Field(description="What it would be; not said where `errors` are")
    ] = None
    findings: tuple[FindingView, ...]
    errors: tuple[Fault, ...]
