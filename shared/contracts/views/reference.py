"""What the hub returns about reference data and the policies of countries."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from shared.contracts import policy
from shared.contracts.closed_sets import Severity
from shared.contracts.fields import Day, Id, Timestamp, WireModel
from shared.contracts.views.pages import Page
from shared.contracts.views.parts import LEFT_OUT, Amount, CountryCode


class Code(WireModel):
    """One row of a code list; which fields it has depends on the list."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

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


class Listing(WireModel):
    """A listing of a taxon in one Appendix, as it holds on the day."""

    taxon: str
    author: str | None
    rank: str
    appendix: Annotated[str | None, Field(description="Null: it is in none")]
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
    holds_from: Day
    holds_until: Day | None
    version: int


class Listings(Page):
    """The listings of a name."""

    data: tuple[Listing, ...]


class Suspension(WireModel):
    """A suspension of trade; an empty list means all."""

    id: Id
    country: CountryCode
    taxon: Annotated[str | None, Field(description="Null: all taxa")]
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    applies_to_import: bool
    start_date: Day | None
    end_date: Day | None
    note: str | None


class Suspensions(Page):
    """The suspensions in force on a day."""

    data: tuple[Suspension, ...]


class Quota(WireModel):
    """An annual quota, and what permits took of it."""

    id: Id
    country: CountryCode
    taxon: str
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    quota: Amount
    taken: Amount
    left: Amount
    unit: str
    start_date: Day
    end_date: Day
    note: str | None


class Quotas(Page):
    """The quotas in force on a day."""

    data: tuple[Quota, ...]


class LoadNote(WireModel):
    """What was repaired in a line of a file, or why it was refused."""

    line: int
    code: str
    detail: str
    field: Annotated[str | None, LEFT_OUT] = None


class LoadReport(WireModel):
    """What a load did; of repairs and refusals the first thousand are told one by one, all are counted."""

    list: str
    version: int
    holds_from: Day
    loaded_at: Timestamp
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


class PolicyView(policy.Policy):
    """What a country asks for beyond the Convention, every switch named."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    country: CountryCode
    version: int
