"""The bodies that the hub returns about permits and their ledgers."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.contracts import permit
from shared.contracts.closed_sets import Appendix, PermitKind, PermitStatus, Side
from shared.contracts.fields import Day, Id, Timestamp, WireModel
from shared.contracts.issue_notes import IssueNote
from shared.contracts.views.pages import Page
from shared.contracts.views.parts import LEFT_OUT, Amount, CountryCode, HistoryActor, HistoryEntry


class Balance(WireModel):
    """The import side of a line, in the line's unit."""

    granted: Annotated[Amount, Field(description="Box 11: granted quantity, in the line's unit")]
    endorsed: Annotated[
        Amount,
        Field(description="Box 14: quantity that left. While it is 0, `available` counts from `granted`"),
    ]
    consented: Annotated[Amount, Field(description="Quantity of the authority's consents that items use")]
    reserved: Annotated[Amount, Field(description="Set aside for declarations and not yet used")]
    consumed: Annotated[Amount, Field(description="Arrived and written off")]
    available: Annotated[
        Amount, Field(description="Quantity that another declaration could reserve; 0 if the side is closed")
    ]
    closed: Annotated[bool, Field(description="True: the import side serves no further shipment")]


class ExportBalance(WireModel):
    """The export side of a line, in the line's unit."""

    granted: Annotated[Amount, Field(description="Box 11: granted quantity, in the line's unit")]
    consented: Annotated[Amount, Field(description="Quantity of the authority's consents that items use")]
    reserved: Annotated[Amount, Field(description="Set aside for declarations and not yet used")]
    endorsed: Annotated[Amount, Field(description="Box 14: quantity that left")]
    available: Annotated[
        Amount, Field(description="Quantity that another declaration could reserve; 0 if the side is closed")
    ]
    closed: Annotated[bool, Field(description="True: the export side serves no further shipment")]


class PermitLineView(permit.PermitLine):
    """A line with both its sides. A document of the country of import has only the import side."""

    model_config = ConfigDict(defer_build=True)

    balance: Balance
    export_balance: Annotated[ExportBalance | None, Field(description="Export side; null: the permit has none")]


class RelatedPermit(WireModel):
    """Another permit: the one that this permit replaces, or the one that replaces it."""

    id: Annotated[Id, Field(description="Permit id")]
    issuer: Annotated[CountryCode | None, Field(description="Country that issued the permit, ISO 3166-1 alpha-2")]
    number: Annotated[str | None, Field(description="Box 1: permit number")]
    token: Annotated[
        str | None, LEFT_OUT, Field(description="Permit token of the new permit, shown once to its issuer")
    ] = None
    notes: Annotated[
        tuple[IssueNote, ...] | None,
        LEFT_OUT,
        Field(description="Notes about the new permit by the species listing, only in the response to its issue"),
    ] = None
    notes_omitted: Annotated[int | None, LEFT_OUT, Field(description="Number of further notes that are left out")] = (
        None
    )


class Registrar(WireModel):
    """The office that registered the permit, and its country."""

    party: Annotated[Id | None, Field(description="Party id of the office that registered it")]
    country: Annotated[CountryCode | None, Field(description="Country of that office, ISO 3166-1 alpha-2")]


class Crossing(WireModel):
    """A line of the continuation sheet: one border crossing, or its correction."""

    line: Annotated[str, Field(description="Letter of the permit line")]
    side: Side
    quantity: Annotated[
        Amount, Field(description="Quantity that crossed, in the line's unit; a correction may be negative")
    ]
    day: Annotated[Day, Field(description="Day of the crossing")]
    declaration_id: Annotated[Id | None, Field(description="The declaration that crossed")]
    at: Annotated[Timestamp, Field(description="When the hub wrote the entry, RFC 3339 in UTC")]
    corrects: Annotated[bool, Field(description="True: the entry corrects an earlier crossing")]


class PermitHistoryEntry(HistoryEntry):
    """One row of a permit's history. An endorsement states where and when the goods left (box 14)."""

    port: Annotated[str | None, Field(description="Box 14: port of exportation")] = None
    transport_document: Annotated[
        str | None, Field(description="Box 15: number of the bill of lading or air waybill")
    ] = None
    endorsed_on: Annotated[Day | None, Field(description="Box 14: day of the endorsement")] = None
    taken_over_from: Annotated[
        CountryCode | None,
        LEFT_OUT,
        Field(description="Country that had registered the permit, before its issuer took it over"),
    ] = None


class PermitView(permit.Permit):
    """A permit in full, for its holders and for the authorities and customs of its countries."""

    model_config = ConfigDict(defer_build=True)

    lines: Annotated[tuple[PermitLineView, ...], Field(description="Permit lines with their balances")]
    id: Annotated[Id, Field(description="Permit id")]
    status: PermitStatus
    version: Annotated[int, Field(description="Rises with each change; If-Match names it")]
    registered_by: Registrar
    use: Annotated[
        Literal["single_shipment", "many_crossings"],
        Field(description="`many_crossings`: the permit is not used up; each crossing is an entry of `continuation`"),
    ]
    transport_documents: Annotated[
        tuple[str, ...], Field(description="Box 15: bills of lading and air waybills of all endorsements")
    ]
    replaces: Annotated[RelatedPermit | None, Field(description="The permit that this one replaces")]
    replaced_by: Annotated[RelatedPermit | None, Field(description="The permit that replaces this one")]
    continuation: Annotated[
        tuple[Crossing, ...], Field(description="The newest 500 crossings of a permit for many crossings, oldest first")
    ] = ()
    continuation_omitted: Annotated[
        int | None, LEFT_OUT, Field(description="Number of older crossings, which only the ledger lists")
    ] = None
    history: Annotated[tuple[PermitHistoryEntry, ...], Field(description="The newest 500 changes, oldest first")]
    history_omitted: Annotated[int | None, LEFT_OUT, Field(description="Number of older changes that are left out")] = (
        None
    )
    token: Annotated[
        str | None, LEFT_OUT, Field(description="Permit token, shown once at issue; the header Permit-Token sends it")
    ] = None
    notes: Annotated[
        tuple[IssueNote, ...] | None,
        LEFT_OUT,
        Field(description="Notes about the permit by the species listing, only in the response to its issue"),
    ] = None
    notes_omitted: Annotated[int | None, LEFT_OUT, Field(description="Number of further notes that are left out")] = (
        None
    )


class OwnUsage(WireModel):
    """The usage of a line by one declaration of the reader."""

    declaration_id: Annotated[Id, Field(description="Id of your declaration")]
    line: Annotated[str | None, Field(description="Letter of the permit line; null: no line was found")]
    reserved: Annotated[Amount, Field(description="Quantity set aside and not yet used")]
    consumed: Annotated[Amount, Field(description="Quantity used by the release")]
    unit: Annotated[str | None, Field(description="Unit of the permit line")]


class CitedPermitView(WireModel):
    """A permit for a party that cited it: its status and the reader's own usage."""

    id: Annotated[Id, Field(description="Permit id")]
    issuer: CountryCode
    number: Annotated[str, Field(description="Box 1: permit number")]
    kind: PermitKind
    status: PermitStatus
    usage: Annotated[tuple[OwnUsage, ...], Field(description="Usage by your declarations")]


class LineByToken(WireModel):
    """A line as printed on the permit, and its balances."""

    line: Annotated[str, Field(description="Letter of the permit line")]
    taxon: Annotated[str, Field(description="Box 7: scientific name")]
    appendix: Annotated[Appendix, Field(description="Box 10: Appendix in force on the day of issue")]
    source: Annotated[str, Field(description="Box 10: source of the specimens")]
    underlying_source: Annotated[
        str | None, LEFT_OUT, Field(description="Box 10: further source, only with source I or O")
    ] = None
    term: Annotated[str, Field(description="Box 9: CITES trade term")]
    quantity: Annotated[Amount, Field(description="Box 11: granted quantity")]
    unit: Annotated[str, Field(description="Box 11: unit of all quantities of the line")]
    origin_country: Annotated[CountryCode | None, LEFT_OUT, Field(description="Box 12: country of origin")] = None
    description: Annotated[str | None, LEFT_OUT, Field(description="Box 9: description of the specimens")] = None
    balance: Balance
    export_balance: Annotated[ExportBalance | None, Field(description="Export side; null: the permit has none")]


class TraderByToken(WireModel):
    """A trader by name and country."""

    name: Annotated[str, Field(description="Name of the trader")]
    country: CountryCode


class PermitByToken(WireModel):
    """A permit for a reader with its permit token: its content and its balances."""

    id: Annotated[Id, Field(description="Permit id")]
    number: Annotated[str, Field(description="Box 1: permit number")]
    kind: PermitKind
    issuer: Annotated[CountryCode, Field(description="Box 6: country of the issuing authority")]
    issued_on: Annotated[Day, Field(description="Box 13: day of issue")]
    valid_until: Annotated[Day, Field(description="Box 2: last valid day, in the issuer's time zone")]
    export_country: Annotated[CountryCode, Field(description="Box 4: country of export or re-export")]
    import_country: Annotated[CountryCode, Field(description="Box 3a: country of import")]
    purpose: Annotated[str, Field(description="Box 5a: purpose of the transaction")]
    special_conditions: Annotated[str | None, LEFT_OUT, Field(description="Box 5: special conditions")] = None
    security_stamp: Annotated[str | None, LEFT_OUT, Field(description="Box 5b: number of the security stamp")] = None
    retrospective: Annotated[bool, Field(description="True: issued after the goods left, by exception")] = False
    retrospective_reason: Annotated[
        str | None, LEFT_OUT, Field(description="Why the permit was issued after the goods left")
    ] = None
    status: PermitStatus
    exporter: Annotated[TraderByToken, Field(description="Box 4: exporter or re-exporter")]
    importer: Annotated[TraderByToken, Field(description="Box 3: importer")]
    lines: Annotated[tuple[LineByToken, ...], Field(description="Permit lines with their balances")]


class Permits(Page):
    """A page of permits, newest first. A reader with a permit token finds only the permit of that token."""

    model_config = ConfigDict(defer_build=True)

    data: Annotated[tuple[PermitView | PermitByToken, ...], Field(description="Permits, newest first")]


class LedgerEntry(WireModel):
    """An entry of a permit's ledger, with the balances after it."""

    id: Annotated[Id, Field(description="Entry id")]
    line: Annotated[str, Field(description="Letter of the permit line")]
    side: Side
    kind: Annotated[
        Literal[
            "grant",
            "consent",
            "consent_used",
            "consent_returned",
            "reserve",
            "release",
            "endorse",
            "consume",
            "correct",
            "cross",
            "recross",
        ],
        Field(description="The movement; `release` returns a reservation, `consume` writes off what arrived"),
    ]
    quantity: Annotated[Amount, Field(description="Quantity of the movement; only a correction may be negative")]
    unit: Annotated[str, Field(description="Unit of the permit line")]
    closes: Annotated[bool, Field(description="True: the entry closed this side of the line")]
    opens: Annotated[bool, Field(description="True: the entry opened this side of the line again")]
    day: Annotated[Day, Field(description="Value date: the day on which the movement counts")]
    declaration_id: Annotated[Id | None, Field(description="The declaration that caused the entry")]
    reference: Annotated[str | None, Field(description="The trader's reference of that declaration")]
    item: Annotated[int | None, Field(description="Item number of that declaration")]
    dead_on_arrival: Annotated[int | None, Field(description="Number of live animals that arrived dead")]
    at: Annotated[Timestamp, Field(description="When the hub wrote the entry, RFC 3339 in UTC")]
    by: HistoryActor
    cause: Annotated[str, Field(description="The command that caused the entry")]
    reason: Annotated[str | None, Field(description="The actor's reason")]
    text: Annotated[str, Field(description="The entry in one line, for people")]
    balance: Annotated[Balance, Field(description="Import side of the line after the entry")]
    export_balance: Annotated[
        ExportBalance | None, Field(description="Export side of the line after the entry; null: the permit has none")
    ]


class Ledger(Page):
    """A page of a ledger, oldest entry first."""

    data: Annotated[tuple[LedgerEntry, ...], Field(description="Entries, oldest first")]
