"""What the hub returns about permits and their ledgers."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.contracts import permit
from shared.contracts.closed_sets import Appendix, PermitKind, PermitStatus, Side
from shared.contracts.fields import Day, Id, Timestamp, WireModel
from shared.contracts.views.pages import Page
from shared.contracts.views.parts import LEFT_OUT, Amount, CountryCode, HistoryActor, HistoryEntry


class Balance(WireModel):
    """The import side of a line: what was endorsed (or, never endorsed, granted), set aside, arrived, is left."""

    granted: Amount
    endorsed: Annotated[
        Amount,
        Field(description="What left; until the first endorsement 0, and available counts from what was granted"),
    ]
    consented: Annotated[
        Amount, Field(description="What items use of the authority's consents to more, each of its own")
    ]
    reserved: Amount
    consumed: Amount
    available: Amount
    closed: bool


class ExportBalance(WireModel):
    """The export side of a line: what was granted, set aside, left the country, is left."""

    granted: Amount
    consented: Amount
    reserved: Amount
    endorsed: Amount
    available: Amount
    closed: bool


class PermitLineView(permit.PermitLine):
    """A line with both its sides; a document of the country of import has the import side only."""

    model_config = ConfigDict(defer_build=True)

    balance: Balance
    export_balance: ExportBalance | None


class RelatedPermit(WireModel):
    """Another permit: the one in whose place this one stands, or which stands in its place."""

    id: Id
    issuer: CountryCode | None
    number: str | None
    token: Annotated[str | None, LEFT_OUT, Field(description="Of the new one, told to who issued it, once")] = None


class Registrar(WireModel):
    """Who entered the permit, and for which country."""

    party: Id | None
    country: CountryCode | None


class Crossing(WireModel):
    """A line of the continuation sheet: what crossed a border, or the correction of that."""

    line: str
    side: Side
    quantity: Amount
    day: Day
    declaration_id: Id | None
    at: Timestamp
    corrects: bool


class PermitHistoryEntry(HistoryEntry):
    """One row of a permit's history; of an endorsement, where and when the goods left (box 14)."""

    port: str | None = None
    transport_document: str | None = None
    endorsed_on: Day | None = None


class PermitView(permit.Permit):
    """A permit whole, for its holders and the authorities and customs of its countries."""

    model_config = ConfigDict(defer_build=True)

    lines: tuple[PermitLineView, ...]
    id: Id
    status: PermitStatus
    version: int
    registered_by: Registrar
    use: Literal["single_shipment", "many_crossings"]
    transport_documents: tuple[str, ...]
    replaces: RelatedPermit | None
    replaced_by: RelatedPermit | None
    continuation: Annotated[tuple[Crossing, ...], Field(description="Where it is for many crossings")] = ()
    history: tuple[PermitHistoryEntry, ...]
    token: Annotated[str | None, LEFT_OUT, Field(description="The permit's own secret, told at issue, once")] = None


class OwnUsage(WireModel):
    """What one declaration of the reader's uses of a line."""

    declaration_id: Id
    line: str | None
    reserved: Amount
    consumed: Amount
    unit: str | None


class CitedPermitView(WireModel):
    """What who cited a permit reads of it: its status, and the reader's own use."""

    id: Id
    issuer: CountryCode
    number: str
    kind: PermitKind
    status: PermitStatus
    usage: tuple[OwnUsage, ...]


class LineByToken(WireModel):
    """A line as the paper's holder shows it, and what is left of it."""

    line: str
    taxon: str
    appendix: Appendix
    source: str
    underlying_source: Annotated[str | None, LEFT_OUT] = None
    term: str
    quantity: Amount
    unit: str
    origin_country: Annotated[CountryCode | None, LEFT_OUT] = None
    description: Annotated[str | None, LEFT_OUT] = None
    balance: Balance
    export_balance: ExportBalance | None


class TraderByToken(WireModel):
    """A trader by name and country."""

    name: str
    country: CountryCode


class PermitByToken(WireModel):
    """What an officer reads who was shown the paper with its token: what it covers, what is left of it."""

    id: Id
    number: str
    kind: PermitKind
    issuer: CountryCode
    issued_on: Day
    valid_until: Day
    export_country: CountryCode
    import_country: CountryCode
    purpose: str
    special_conditions: Annotated[str | None, LEFT_OUT] = None
    security_stamp: Annotated[str | None, LEFT_OUT] = None
    retrospective: bool = False
    status: PermitStatus
    exporter: TraderByToken
    importer: TraderByToken
    lines: tuple[LineByToken, ...]


class Permits(Page):
    """A page of permits, newest first; a stranger with a token finds the one it was shown."""

    model_config = ConfigDict(defer_build=True)

    data: tuple[PermitView | PermitByToken, ...]


class LedgerEntry(WireModel):
    """An entry of a permit's ledger, with what stood after it."""

    id: Id
    line: str
    side: Side
    kind: Literal[
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
    ]
    quantity: Amount
    unit: str
    closes: bool
    opens: bool
    day: Day
    declaration_id: Id | None
    reference: str | None
    item: int | None
    dead_on_arrival: int | None
    at: Timestamp
    by: HistoryActor
    cause: str
    reason: str | None
    text: Annotated[str, Field(description="The entry in one line, for a person")]
    balance: Balance
    export_balance: ExportBalance | None


class Ledger(Page):
    """A page of a ledger, oldest entry first."""

    data: tuple[LedgerEntry, ...]
