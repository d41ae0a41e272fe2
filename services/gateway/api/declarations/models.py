"""The shapes of what is answered about declarations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.api.descriptions.response_parts import (
    Amount,
    CountryCode,
    Fault,
    HistoryEntry,
    Page,
    ResponsePart,
)
from shared.contracts import declaration, findings
from shared.contracts.fields import Id, Timestamp, WireModel

Status = Literal["received", "accepted", "referred", "rejected", "released", "refused", "cancelled"]
ALL_FIELDS_REQUIRED = ConfigDict(defer_build=True, json_schema_serialization_defaults_required=True)


class Links(WireModel):
    """Where to go on from a receipt, from the root of the hub."""

    self: str
    content: str
    receipt: str


class LodgedDeclaration(WireModel):
    """The response to a declaration that is durable; `lodgement.render_lodged` writes it by hand."""

    id: Id
    reference: str
    status: Literal["received"]
    received_at: Timestamp
    digest: Annotated[str, Field(description="Of the exact bytes, as RFC 9530 writes it: sha-256=:…:")]
    links: Links


class FindingView(findings.Finding):
    """One thing a rule found: block means rejected, refer that an officer decides, note is for information."""

    model_config = ALL_FIELDS_REQUIRED


class PermitName(ResponsePart):
    """A permit by its id and its number."""

    id: UUID
    issuer: CountryCode
    number: str


class UsageView(ResponsePart):
    """What an item uses of a permit line, in the line's unit."""

    item: int
    permit: PermitName
    line: str
    reserved: Amount
    consumed: Amount
    unit: str
    dead_on_arrival: Annotated[int | None, Field(description="Of live animals, where customs told of them")] = None


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

    trader: UUID
    id: UUID
    version: int
    status: Status
    lodged_by: UUID
    received_at: datetime
    digest: str
    findings: tuple[FindingView, ...]
    usage: tuple[UsageView, ...]
    history: tuple[DeclarationHistoryEntry, ...]


class Declarations(Page):
    """A page of declarations, newest first."""

    data: tuple[DeclarationView, ...]


class Verdict(ResponsePart):
    """What the hub would find in a declaration; nothing is kept."""

    valid: bool
    status: Annotated[Status | None, Field(description="What it would be; not said where `errors` are")] = None
    findings: tuple[FindingView, ...]
    errors: tuple[Fault, ...]
