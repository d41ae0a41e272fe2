"""The bodies that the hub returns about reference data and the policies of countries."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from shared.cites.annotations import Effect
from shared.cites.hs_codes import HsConcern
from shared.contracts import policy
from shared.contracts.closed_sets import CodesReading, KeptFact, MatchKind, QuotaPeriod, ReferenceListState, Severity
from shared.contracts.fields import Day, Id, Timestamp, WireModel
from shared.contracts.views.pages import Page
from shared.contracts.views.parts import LEFT_OUT, Amount, CountryCode


class Code(WireModel):
    """One row of a code list. Each list has its own fields."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    code: Annotated[str | None, Field(description="The code; every list except `rules` has it")] = None
    name: Annotated[str | None, Field(description="The code in words")] = None
    dimensions: Annotated[
        tuple[str, ...], Field(description="Terms only: dimensions in which its quantity can be stated")
    ] = ()
    dimension: Annotated[str | None, Field(description="Units only: the dimension, such as mass")] = None
    report_code: Annotated[str | None, Field(description="Units only: the code in the annual report")] = None
    meaning: Annotated[str | None, Field(description="Event types only: the event and its consequence")] = None
    heard_by: Annotated[str | None, Field(description="Event types only: the parties that receive it")] = None
    schema_: Annotated[
        dict[str, Any] | None, Field(alias="schema", description="Event types only: the JSON schema (2020-12)")
    ] = None
    example: Annotated[dict[str, Any] | None, Field(description="Event types only: an example")] = None
    rule: Annotated[str | None, Field(description="Rules only: the official name")] = None
    severity: Annotated[Severity | None, Field(description="Rules only: the severity of its findings")] = None
    sentence: Annotated[str | None, Field(description="Rules only: the condition")] = None
    remedy: Annotated[
        str | None, Field(description="Rules only: the trader's next step about a finding; null for a note")
    ] = None
    officer_remedy: Annotated[
        str | None,
        Field(description="Rules only: the next step of customs or an authority about a finding; null for a note"),
    ] = None


class Codes(Page):
    """A complete code list."""

    data: Annotated[tuple[Code, ...], Field(description="The codes")]


class ListingAnnotation(WireModel):
    """A row of an annotation: the specimens that it describes, and its decision about them. An empty list means all.

    The rows of a listing are a list of decisions: the first row that describes a specimen decides.
    """

    decision: Annotated[
        Effect,
        Field(
            description="The Appendix of the specimens (I, II), a quota of zero (zero), or whether the Convention "
            "applies (included, excluded). An officer decides whether `text` describes the goods (open, zero-open)."
        ),
    ]
    countries: Annotated[tuple[CountryCode, ...], Field(description="Countries of origin")]
    export_countries: Annotated[tuple[CountryCode, ...], Field(description="Countries of export")]
    import_countries: Annotated[tuple[CountryCode, ...], Field(description="Countries of import")]
    terms: Annotated[tuple[str, ...], Field(description="CITES trade terms")]
    purposes: Annotated[tuple[str, ...], Field(description="Purposes")]
    sources: Annotated[tuple[str, ...], Field(description="Sources")]
    except_for: Annotated[
        tuple[str, ...], Field(description="Names of the lists above that state the exceptions instead: all but these")
    ]
    text: Annotated[str, Field(description="The annotation in short, or the specimens that an officer looks for")]
    source: Annotated[str, Field(description="Conference of the Parties that decided it")]
    holds_from: Annotated[Day, Field(description="First day in force")]
    holds_until: Annotated[Day | None, Field(description="First day on which it is no longer in force; null: no end")]


class Listing(WireModel):
    """A listing of a taxon in one Appendix, as it is in force on the day."""

    taxon: Annotated[str, Field(description="Scientific name as listed")]
    author: Annotated[str | None, Field(description="Author of the name")]
    rank: Annotated[str, Field(description="Rank of the taxon: species, genus, family …")]
    appendix: Annotated[str | None, Field(description="I, II or III; null: the taxon is in no Appendix")]
    split: Annotated[bool, Field(description="True: populations of the taxon are in several Appendices")]
    countries: Annotated[
        tuple[CountryCode, ...] | None, Field(description="The part covers only populations of these countries")
    ]
    except_countries: Annotated[
        tuple[CountryCode, ...] | None, Field(description="The part covers all populations except of these countries")
    ]
    population_told: Annotated[bool, Field(description="False: the list does not state which population it is")]
    listed_by: Annotated[CountryCode | None, Field(description="Appendix III: the country that listed the taxon")]
    matched_by: MatchKind
    taxon_id: Annotated[str, Field(description="Id of the taxon in the species index")]
    belongs_to: Annotated[tuple[str, ...], Field(description="Higher taxa of the taxon")]
    distribution: Annotated[tuple[str, ...], Field(description="Countries in which the taxon lives")]
    annotation: Annotated[str | None, Field(description="Annotation of the listing")]
    annotation_symbol: Annotated[str | None, Field(description="The # annotation of a plant, such as #4; null: none")]
    annotations: Annotated[
        tuple[ListingAnnotation, ...],
        Field(description="The annotation as data, by specimen; no load of a list changes it"),
    ]
    list_source: Annotated[
        str,
        Field(description="built_in: the listing of a new hub; loaded: a species index that the administrator loaded"),
    ]
    list_loaded_at: Annotated[Timestamp, Field(description="When the hub loaded that listing, RFC 3339 in UTC")]
    list_holds_from: Annotated[Day, Field(description="Day from which that listing is in force")]
    kept_facts: Annotated[
        tuple[KeptFact, ...], Field(description="Facts that the load kept from the listing before, see `kept_since`")
    ]
    kept_since: Annotated[Day | None, Field(description="First day of the listing that the kept facts come from")]
    holds_from: Annotated[Day, Field(description="First day in force")]
    holds_until: Annotated[Day | None, Field(description="First day on which it is no longer in force; null: no end")]
    version: Annotated[int, Field(description="Version of the list that added it")]


class Listings(Page):
    """The listings of a name, and the list that the hub searched: no listing means that this list has none."""

    data: Annotated[tuple[Listing, ...], Field(description="Listings, one per Appendix")]
    list_source: Annotated[
        str,
        Field(description="built_in: only the listing of a new hub; loaded: a species index was loaded after it"),
    ]
    list_loaded_at: Annotated[Timestamp, Field(description="The last load of the list, RFC 3339 in UTC")]
    list_holds_from: Annotated[Day, Field(description="Day from which that load is in force")]


class Suspension(WireModel):
    """A suspension of trade. An empty list of codes limits nothing and exempts nothing."""

    id: Annotated[Id, Field(description="Suspension id")]
    country: Annotated[
        CountryCode | None,
        Field(description="Country whose trade is suspended, ISO 3166-1 alpha-2; null: all countries"),
    ]
    taxon: Annotated[str | None, Field(description="Scientific name; null: all taxa")]
    terms: Annotated[tuple[str, ...], Field(description="CITES trade terms")]
    sources: Annotated[tuple[str, ...], Field(description="Sources")]
    purposes: Annotated[tuple[str, ...], Field(description="Purposes")]
    codes_reading: Annotated[
        CodesReading,
        Field(description="Whether trade with the codes above is covered by the suspension, or exempt from it"),
    ]
    applies_to_import: Annotated[bool, Field(description="True: imports into the country are suspended too")]
    start_date: Annotated[Day | None, Field(description="First day in force; null: no start")]
    end_date: Annotated[Day | None, Field(description="Last day in force; null: no end")]
    note: Annotated[str | None, Field(description="Note of the list")]


class Suspensions(Page):
    """The suspensions in force on a day."""

    data: Annotated[tuple[Suspension, ...], Field(description="Suspensions")]


class Quota(WireModel):
    """A quota and its usage by permits, in its period that contains the day."""

    id: Annotated[Id, Field(description="Quota id")]
    country: Annotated[
        CountryCode | None, Field(description="Country of export, ISO 3166-1 alpha-2; null: each country")
    ]
    taxon: Annotated[str, Field(description="Scientific name")]
    terms: Annotated[tuple[str, ...], Field(description="CITES trade terms; empty: all")]
    sources: Annotated[tuple[str, ...], Field(description="Sources; empty: all")]
    purposes: Annotated[tuple[str, ...], Field(description="Purposes; empty: all")]
    quota: Annotated[Amount, Field(description="Quantity of the quota, in `unit`")]
    taken: Annotated[Amount, Field(description="Quantity that permits of the period grant")]
    left: Annotated[Amount, Field(description="Quantity left, never below 0")]
    unit: Annotated[str, Field(description="Unit of all quantities of the quota")]
    period: Annotated[QuotaPeriod, Field(description="Whether the quantity applies in each calendar year, or once")]
    start_date: Annotated[Day, Field(description="First day of the period")]
    end_date: Annotated[Day, Field(description="Last day of the period")]
    note: Annotated[str | None, Field(description="Note of the list")]


class Quotas(Page):
    """The quotas in force on a day."""

    data: Annotated[tuple[Quota, ...], Field(description="Quotas")]


class HsCode(WireModel):
    """A row of HS codes: whether goods whose code begins with `hs_code` may be of listed species, and why."""

    country: Annotated[
        CountryCode | None,
        Field(description="Country whose checks use the row, ISO 3166-1 alpha-2; null: every country"),
    ]
    hs_code: Annotated[
        str, Field(description="Chapter, heading or longer code of the Harmonized System, 2 to 10 digits")
    ]
    concern: Annotated[
        HsConcern,
        Field(
            description="none: no listed species; possible: state the taxon or code Y900; likely: state the taxon in "
            "any case"
        ),
    ]
    reason: Annotated[str, Field(description="The reason in words, for traders and officers")]
    list_source: Annotated[
        str, Field(description="built_in: the table of the hub; loaded: a list that the administrator loaded")
    ]
    edition: Annotated[
        str | None,
        Field(description="Edition of the Harmonized System of a built-in row, such as HS 2022; null: loaded"),
    ]
    holds_from: Annotated[Day, Field(description="First day in force")]
    holds_until: Annotated[Day | None, Field(description="First day on which it is no longer in force; null: no end")]


class HsCodes(Page):
    """The HS codes in force on a day. Loaded rows decide before built-in ones, longer codes before shorter ones."""

    data: Annotated[tuple[HsCode, ...], Field(description="HS codes")]


class LoadNote(WireModel):
    """A repair in a line of a file, or the reason why the hub refused the line."""

    line: Annotated[int, Field(description="Line of the file, the header is line 1")]
    code: Annotated[str, Field(description="Stable code of the repair or the refusal")]
    detail: Annotated[str, Field(description="The repair or the refusal in words")]
    field: Annotated[str | None, LEFT_OUT, Field(description="Column of the file")] = None


class EntryNote(WireModel):
    """A fact that a load keeps, or a listing that it makes less strict."""

    name: Annotated[
        str, Field(description="Taxon, or country and taxon of a suspension or quota, or country and HS code")
    ]
    fact: KeptFact
    detail: Annotated[str, Field(description="The reason, and the fact with its source and its first day")]
    line: Annotated[int | None, Field(description="Line of the file; null: the file does not have the entry")]


class LoadReport(WireModel):
    """The result of a load. It lists the first thousand notes of each kind, and counts them all."""

    list: Annotated[str, Field(description="taxa, suspensions, quotas or hs-codes")]
    version: Annotated[int, Field(description="Version of the list; it rises if the load changed the list")]
    holds_from: Annotated[Day, Field(description="Day from which the list is in force")]
    loaded_at: Annotated[Timestamp, Field(description="When the hub loaded it, RFC 3339 in UTC")]
    dry_run: Annotated[bool, Field(description="True: the hub only reports, and the list is unchanged")]
    rows: Annotated[int, Field(description="Rows of the file")]
    taken: Annotated[int, Field(description="Rows that the hub loaded")]
    repaired: Annotated[int, Field(description="Loaded rows that the hub repaired")]
    refused: Annotated[int, Field(description="Rows that the hub refused")]
    unchanged: Annotated[int, Field(description="Entries that are the same as before")]
    added: Annotated[int, Field(description="New entries")]
    changed: Annotated[int, Field(description="Entries that differ from before")]
    ended: Annotated[int, Field(description="Entries that the file no longer has")]
    kept: Annotated[int, Field(description="Facts that stay although the file lacks or contradicts them")]
    eased: Annotated[int, Field(description="Listings that the file makes less strict")]
    repairs: Annotated[tuple[LoadNote, ...], Field(description="The first thousand repairs")]
    refusals: Annotated[tuple[LoadNote, ...], Field(description="The first thousand refusals")]
    ended_names: Annotated[tuple[str, ...], Field(description="Names of the ended entries")]
    kept_facts: Annotated[tuple[EntryNote, ...], Field(description="The first thousand facts that stay")]
    eased_listings: Annotated[tuple[EntryNote, ...], Field(description="The first thousand less strict listings")]
    purposes_and_sources: Annotated[
        CodesReading | None,
        Field(description="Suspensions only: how the hub read purposes, sources and terms; null: another list"),
    ] = None


class ReferenceList(WireModel):
    """The state of a reference list: rows, last load, effect on checks, and the administrator's next step."""

    list: Annotated[str, Field(description="taxa, suspensions, quotas or hs-codes")]
    state: ReferenceListState
    rows: Annotated[int, Field(description="Rows without a last day")]
    version: Annotated[int, Field(description="Rises with each load that changes rows; 0 before the first load")]
    loaded_at: Annotated[Timestamp | None, Field(description="The last load that changed rows; null before the first")]
    holds_from: Annotated[Day | None, Field(description="First day of that load")]
    effect: Annotated[str, Field(description="The effect on the check of a declaration")]
    remedy: Annotated[str | None, Field(description="The administrator's next step; null if none is needed")]


class ReferenceLists(Page):
    """All reference lists."""

    data: Annotated[tuple[ReferenceList, ...], Field(description="The state of each list")]


class PolicyView(policy.Policy):
    """The requirements of a country beyond the Convention, with every switch."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    country: CountryCode
    version: Annotated[int, Field(description="Rises with each change; 0: no policy was set")]
