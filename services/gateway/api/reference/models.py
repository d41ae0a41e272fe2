"""The models of responses about reference data."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.gateway.api.descriptions.response_parts import Amount, CountryCode, Page, ResponsePart
from shared.contracts.closed_sets import Severity


class Code(ResponsePart):
    """One row of a code list; which fields it has depends on the list."""

    code: Annotated[str | None, Field(description="Everywhere but in `rules`")] = None
    name: str | None = None
    dimensions: Annotated[tuple[str, ...], Field(description="Of a term: what it can be stated in")] = ()
    dimension: Annotated[str | None, Field(description="Of a unit")] = None
    report_code: Annotated[str | None, Field(description="Of a unit: as the annual report writes it")] = None
    meaning: Annotated[str | None, Field(description="Of a type of event")] = None
    heard_by: Annotated[str | None, Field(description="Of a type of event")] = None
    schema_: Annotated[
        dict[str, Any] | None, Field(alias="schema", description="Of a type of event: its JSON schema (2020-12)")
    ] = None
    example: Annotated[dict[str, Any] | None, Field(description="Of a type of event")] = None
    rule: Annotated[str | None, Field(description="Of a rule: its official name")] = None
    severity: Annotated[Severity | None, Field(description="Of a rule")] = None
    sentence: Annotated[str | None, Field(description="Of a rule: its condition")] = None
    remedy: Annotated[str | None, Field(description="Of a rule: what to do about its finding; null for a note")] = None


class Codes(Page):
    """A code list, whole."""

    data: tuple[Code, ...]


class Listing(ResponsePart):
    """A listing of a taxon in one Appendix, as it holds on the day."""

    taxon: str
    author: str | None
    rank: str
    appendix: str
    split: Annotated[bool, Field(description="Its populations are in several Appendices")]
    countries: Annotated[tuple[CountryCode, ...] | None, Field(description="This part: only those from here")]
    except_countries: Annotated[tuple[CountryCode, ...] | None, Field(description="This part: all but from here")]
    population_told: Annotated[bool, Field(description="False: which population it is, nobody said")]
    listed_by: Annotated[CountryCode | None, Field(description="Appendix III: the Party that listed it")]
    matched_by: str
    taxon_id: str
    belongs_to: tuple[str, ...]
    distribution: tuple[str, ...]
    annotation: str | None
    holds_from: date
    holds_until: date | None
    version: int


class Listings(Page):
    """The listings of a name."""

    data: tuple[Listing, ...]


class Suspension(ResponsePart):
    """A suspension of trade; an empty list means all."""

    id: UUID
    country: CountryCode
    taxon: Annotated[str | None, Field(description="Null: all taxa")]
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    applies_to_import: bool
    start_date: date | None
    end_date: date | None
    note: str | None


class Suspensions(Page):
    """The suspensions in force on a day."""

    data: tuple[Suspension, ...]


class Quota(ResponsePart):
    """An annual quota, and what permits took of it."""

    id: UUID
    country: CountryCode
    taxon: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    quota: Amount
    taken: Amount
    left: Amount
    unit: str
    start_date: date
    end_date: date
    note: str | None


class Quotas(Page):
    """The quotas in force on a day."""

    data: tuple[Quota, ...]


class LoadNote(ResponsePart):
    """What was repaired in a line of a file, or why it was refused."""

    line: int
    code: str
    detail: str
    field: str | None = None


class LoadReport(ResponsePart):
    """What a load did; of repairs and refusals the first thousand are told one by one, all are counted."""

    list: str
    version: int
    holds_from: date
    loaded_at: datetime
    rows: int
    taken: int
    repaired: int
    refused: int
    unchanged: int
    added: int
    changed: int
    ended: int
    repairs: tuple[LoadNote, ...]
    refusals: tuple[LoadNote, ...]
    ended_names: tuple[str, ...]
