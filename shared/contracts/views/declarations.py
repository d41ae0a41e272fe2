"""The bodies that the hub returns about declarations."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts import declaration, findings
from shared.contracts.closed_sets import DeclarationStatus, Movement
from shared.contracts.fields import Day, Id, Timestamp, Trader, WireModel
from shared.contracts.findings import FindingCounts
from shared.contracts.views.pages import Page
from shared.contracts.views.parts import LEFT_OUT, Amount, CountryCode, Fault, HistoryEntry


class FindingView(findings.Finding):
    """One result of a rule. block: the hub rejects. refer: an officer decides. note: information."""

    model_config = ConfigDict(defer_build=True, json_schema_serialization_defaults_required=True)

    remedy: Annotated[
        str | None,
        Field(description="The next step for the reader of this response; null for a note and a settled finding"),
    ] = None


class PermitName(WireModel):
    """A permit by its id and its number."""

    id: Annotated[Id, Field(description="Permit id")]
    issuer: Annotated[CountryCode, Field(description="Country that issued the permit, ISO 3166-1 alpha-2")]
    number: Annotated[str, Field(description="Box 1: permit number")]


class UsageView(WireModel):
    """The usage of a permit line by an item, in the unit of the line."""

    item: Annotated[int, Field(description="Number of the item")]
    permit: PermitName
    line: Annotated[str, Field(description="Letter of the permit line")]
    reserved: Annotated[Amount, Field(description="Quantity set aside and not yet used")]
    consumed: Annotated[Amount, Field(description="Quantity used by the release")]
    unit: Annotated[str, Field(description="Unit of the permit line")]
    dead_on_arrival: Annotated[
        int | None, LEFT_OUT, Field(description="Number of live animals that arrived dead, if customs stated it")
    ] = None


class DeclarationHistoryEntry(HistoryEntry):
    """One row of a declaration's history. The row of an override or a consent names its item."""

    overridden: Annotated[str | None, Field(description="Rule whose finding an officer settled")] = None
    item: Annotated[int | None, Field(description="Item of the finding; null: all items")] = None
    line: Annotated[str | None, Field(description="Permit line that the officer chose")] = None
    quantity: Annotated[Amount | None, Field(description="Quantity that the officer or the authority stated")] = None
    unit: Annotated[str | None, Field(description="Unit of the consented quantity")] = None


class DeclarationView(declaration.NormalizedDeclaration):
    """A declaration in full: its content, status, findings, usage and history."""

    model_config = ConfigDict(defer_build=True)

    trader: Annotated[Id, Field(description="Party id of the trader that declares")]
    id: Annotated[Id, Field(description="Declaration id; the same in every service")]
    version: Annotated[int, Field(description="Rises with each amendment and correction; If-Match names it")]
    status: DeclarationStatus
    lodged_by: Annotated[Id, Field(description="Party id of the sender: the trader, or an agent under a mandate")]
    received_at: Annotated[Timestamp, Field(description="When the gateway received it, RFC 3339 in UTC")]
    digest: Annotated[str, Field(description="SHA-256 of the submitted bytes (RFC 9530): `sha-256=:…:`")]
    findings: Annotated[
        tuple[FindingView, ...], Field(description="Findings of the last check; the last one counts what is left out")
    ]
    findings_omitted: Annotated[
        int, Field(description="Findings of the last check that the hub did not store, because there are too many")
    ] = 0
    usage: Annotated[tuple[UsageView, ...], Field(description="Usage of each cited permit line")]
    history: Annotated[tuple[DeclarationHistoryEntry, ...], Field(description="All changes, oldest first")]


class DeclarationSummary(WireModel):
    """A declaration in a list. Its `items`, `findings`, `usage` and `history` come only with `expand`."""

    model_config = ConfigDict(defer_build=True)

    id: Annotated[Id, Field(description="Declaration id; the same in every service")]
    version: Annotated[int, Field(description="Rises with each amendment and correction; If-Match names it")]
    status: DeclarationStatus
    reference: Annotated[str, Field(description="The trader's own reference")]
    movement: Movement
    trader: Annotated[Id, Field(description="Party id of the trader that declares")]
    lodged_by: Annotated[Id, Field(description="Party id of the sender: the trader, or an agent under a mandate")]
    exporter: Trader
    importer: Trader
    export_country: Annotated[CountryCode, Field(description="Country that the goods leave")]
    import_country: Annotated[CountryCode, Field(description="Country that the goods enter")]
    transit_country: Annotated[
        CountryCode | None, LEFT_OUT, Field(description="Country that goods in transit pass through")
    ] = None
    exit_due: Annotated[Day | None, LEFT_OUT, Field(description="Last day on which goods in transit leave")] = None
    customs_office: Annotated[str | None, LEFT_OUT, Field(description="Code of the customs office")] = None
    transport_document: Annotated[
        str | None, LEFT_OUT, Field(description="Number of the bill of lading or air waybill")
    ] = None
    received_at: Annotated[Timestamp, Field(description="When the gateway received it, RFC 3339 in UTC")]
    digest: Annotated[str, Field(description="SHA-256 of the submitted bytes (RFC 9530): `sha-256=:…:`")]
    item_count: Annotated[int, Field(description="Number of goods items")]
    taxa: Annotated[tuple[str, ...], Field(description="Scientific names of the first ten items, each name once")]
    finding_counts: Annotated[FindingCounts, Field(description="Number of stored open findings of each severity")]
    findings_omitted: Annotated[
        int, Field(description="Findings of the last check that the hub did not store, because there are too many")
    ] = 0
    items: Annotated[
        tuple[declaration.Item, ...] | None, LEFT_OUT, Field(description="Goods items; only with `expand=items`")
    ] = None
    findings: Annotated[
        tuple[FindingView, ...] | None,
        LEFT_OUT,
        Field(description="All findings of the last check; only with `expand=findings`"),
    ] = None
    usage: Annotated[
        tuple[UsageView, ...] | None,
        LEFT_OUT,
        Field(description="Usage of each cited permit line; only with `expand=usage`"),
    ] = None
    history: Annotated[
        tuple[DeclarationHistoryEntry, ...] | None,
        LEFT_OUT,
        Field(description="All changes, oldest first; only with `expand=history`"),
    ] = None


class Declarations(Page):
    """A page of declarations, newest first."""

    model_config = ConfigDict(defer_build=True)

    data: Annotated[tuple[DeclarationSummary, ...], Field(description="Summaries of declarations, newest first")]


class Verdict(WireModel):
    """The result of a check. The hub stores nothing."""

    model_config = ConfigDict(defer_build=True)

    valid: Annotated[bool, Field(description="True: the hub would accept the declaration")]
    status: Annotated[
        DeclarationStatus | None,
        LEFT_OUT,
        Field(description="Status that a lodged declaration would get; left out with `errors`"),
    ] = None
    findings: Annotated[tuple[FindingView, ...], Field(description="Findings of the rules")]
    findings_omitted: Annotated[int, Field(description="Findings that are left out, because there are too many")] = 0
    errors: Annotated[tuple[Fault, ...], Field(description="Places that do not match the contract")]
