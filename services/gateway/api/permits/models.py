"""The shapes of what is answered about permits and their ledgers."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.gateway.api.descriptions.response_parts import (
    Amount,
    CountryCode,
    HistoryActor,
    HistoryEntry,
    Page,
    ResponsePart,
)
from shared.contracts import permit
from shared.contracts.closed_sets import PermitKind

Status = Literal["issued", "endorsed", "exhausted", "expired", "revoked", "replaced", "lost"]


class Balance(ResponsePart):
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


class ExportBalance(ResponsePart):
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


class RelatedPermit(ResponsePart):
    """Another permit: the one in whose place this one stands, or which stands in its place."""

    id: UUID
    issuer: CountryCode | None
    number: str | None
    token: Annotated[str | None, Field(description="Of the new one, told to who issued it, once")] = None


class Registrar(ResponsePart):
    """Who entered the permit, and for which country."""

    party: UUID | None
    country: CountryCode | None


class Crossing(ResponsePart):
    """A line of the continuation sheet: what crossed a border, or the correction of that."""

    line: str
    side: Literal["import", "export"]
    quantity: Amount
    day: date
    declaration_id: UUID | None
    at: datetime
    corrects: bool


class PermitHistoryEntry(HistoryEntry):
    """One row of a permit's history; of an endorsement, where and when the goods left (box 14)."""

    port: str | None = None
    transport_document: str | None = None
    endorsed_on: date | None = None


class PermitView(permit.Permit):
    """A permit whole, for its holders and the authorities and customs of its countries."""

    model_config = ConfigDict(defer_build=True)

    lines: tuple[PermitLineView, ...]
    id: UUID
    status: Status
    version: int
    registered_by: Registrar
    use: Literal["single_shipment", "many_crossings"]
    transport_documents: tuple[str, ...]
    replaces: RelatedPermit | None
    replaced_by: RelatedPermit | None
    continuation: Annotated[tuple[Crossing, ...], Field(description="Where it is for many crossings")] = ()
    history: tuple[PermitHistoryEntry, ...]
    token: Annotated[str | None, Field(description="The permit's own secret, told at issue, once")] = None


class OwnUsage(ResponsePart):
    """What one declaration of the reader's uses of a line."""

    declaration_id: UUID
    line: str | None
    reserved: Amount
    consumed: Amount
    unit: str | None


class CitedPermitView(ResponsePart):
    """What who cited a permit reads of it: its status, and the reader's own use."""

    id: UUID
    issuer: CountryCode
    number: str
    kind: PermitKind
    status: Status
    usage: tuple[OwnUsage, ...]


class LineByToken(ResponsePart):
    """A line as the paper's holder shows it, and what is left of it."""

    line: str
    taxon: str
    appendix: Literal["I", "II", "III"]
    source: str
    underlying_source: str | None = None
    term: str
    quantity: Amount
    unit: str
    origin_country: CountryCode | None = None
    description: str | None = None
    balance: Balance
    export_balance: ExportBalance | None


class TraderByToken(ResponsePart):
    """A trader by name and country."""

    name: str
    country: CountryCode


class PermitByToken(ResponsePart):
    """What an officer reads who was shown the paper with its token: what it covers, what is left of it."""

    id: UUID
    number: str
    kind: PermitKind
    issuer: CountryCode
    issued_on: date
    valid_until: date
    export_country: CountryCode
    import_country: CountryCode
    purpose: str
    special_conditions: str | None = None
    security_stamp: str | None = None
    retrospective: bool = False
    status: Status
    exporter: TraderByToken
    importer: TraderByToken
    lines: tuple[LineByToken, ...]


class Permits(Page):
    """A page of permits, newest first; a stranger with a token finds the one it was shown."""

    data: tuple[PermitView | PermitByToken, ...]


class LedgerEntry(ResponsePart):
    """An entry of a permit's ledger, with what stood after it."""

    id: UUID
    line: str
    side: Literal["import", "export"]
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
    day: date
    declaration_id: UUID | None
    reference: str | None
    item: int | None
    dead_on_arrival: int | None
    at: datetime
    by: HistoryActor
    cause: str
    reason: str | None
    text: Annotated[str, Field(description="The entry in one line, for a person")]
    balance: Balance
    export_balance: ExportBalance | None


class Ledger(Page):
    """A page of a ledger, oldest entry first."""

    data: tuple[LedgerEntry, ...]
