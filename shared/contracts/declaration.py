"""A declaration as a trader lodges it, and the one normalized form it has, whatever format it came in.

Only what a hub cannot do without is required (reference, movement, both parties, both countries, and of each item
number, quantity and unit); what else is missing becomes a finding of the check, not an error.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError, core_schema

from shared.cites.codes import ACCOMPANIED_SOURCES, TERM_CODES
from shared.cites.time_zones import country_codes
from shared.contracts.closed_sets import DocumentUse, Movement, Purpose, Source, UnderlyingSource, Unit
from shared.contracts.fields import (
    LETTER_REQUIRED_SCHEMA,
    Country,
    DeclaredTaxon,
    HsCode,
    Id,
    LineLetter,
    Reason,
    ShortText,
    Text,
    Trader,
    WireModel,
    first_duplicate_index,
)
from shared.contracts.quantities import Amount, Count, FastPath, Quantity


def _require_known_term(code: str) -> str:
    if code not in TERM_CODES:
        raise PydanticCustomError("unknown_term", "This is no CITES trade term; see /v1/reference/terms")
    return code


TermCode = Annotated[
    str,
    AfterValidator(_require_known_term),
    FastPath(core_schema.literal_schema(sorted(TERM_CODES))),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]
FastPathCountry = Annotated[Country, FastPath(core_schema.literal_schema(sorted(country_codes())))]
"""A country, where there are many in one body; not everywhere, for each such list costs some hundred kB."""
FastPathTaxon = Annotated[
    DeclaredTaxon,
    FastPath(core_schema.str_schema(max_length=200, pattern="^[A-Z][a-z]+ [a-z]+$")),
    LETTER_REQUIRED_SCHEMA,
]


class Document(WireModel):
    """A permit an item cites, and how it is used: up, in part, counted already, or reported late.

    Without `issuer` the permit of that number which names the declaring side is meant; Y900 names no permit at all.
    """

    type: Annotated[ShortText, Field(description="Document code of the declaration, such as C400")] = "C400"
    number: ShortText | None = None
    issuer: FastPathCountry | None = None
    line: LineLetter | None = None
    use: DocumentUse = DocumentUse.EXHAUSTS
    counted_by: Annotated[
        ShortText | None,
        Field(description="The declaration that counted, with `already_counted`: its id, or your own reference of it"),
    ] = None

    @property
    def key(self) -> tuple[str, str]:
        """What the registry knows the permit by; nothing is known by an empty issuer or number."""
        return self.issuer or "", self.number or ""


class Item(WireModel):
    """One line of goods: what it is, how much, and the permits that cover it."""

    number: Annotated[int, Field(ge=1, le=9999)]
    hs_code: HsCode | None = None
    description: Text | None = None
    taxon: FastPathTaxon | None = None
    term: TermCode | None = None
    quantity: Quantity
    unit: Unit
    net_mass: Annotated[Quantity | None, Field(description="In kg, where customs papers state it beside")] = None
    source: Source | None = None
    underlying_source: UnderlyingSource | None = None
    purpose: Purpose | None = None
    origin_country: FastPathCountry | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=20, strict=False)] = ()

    @model_validator(mode="after")
    def _underlying_source_needs_source_i_or_o(self) -> "Item":
        if self.underlying_source is not None and self.source not in ACCOMPANIED_SOURCES:
            raise PydanticCustomError("underlying_source_alone", "underlying_source stands beside source I or O only")
        return self


class Repair(WireModel):
    """A field that was not stated where it is looked for, and where it was taken from; each becomes a finding."""

    pointer: Annotated[str, Field(pattern=r"^(/[^/\x00]{1,64}){1,8}$", max_length=200)]
    source: Text
    others: Annotated[tuple[Text, ...], Field(max_length=50, strict=False, description="What else may be meant")] = ()


class Declaration(WireModel):
    """What a trader states about one shipment that leaves or enters a country."""

    reference: ShortText
    movement: Movement
    trader: Annotated[Id | None, Field(description="Party id of the trader, if acting under a mandate")] = None
    exporter: Trader
    importer: Trader
    export_country: Country
    import_country: Country
    customs_office: ShortText | None = None
    transport_document: ShortText | None = None
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=500, strict=False)]

    @model_validator(mode="after")
    def _item_numbers_are_unique(self) -> "Declaration":
        if len({item.number for item in self.items}) < len(self.items):
            at = {"at": ("items", first_duplicate_index(item.number for item in self.items), "number")}
            raise PydanticCustomError("item_number_twice", "Each item has a number of its own", at)
        return self


class NormalizedDeclaration(Declaration):
    """A declaration as it goes on inside the hub: with what was filled in where a format had no place for it.

    Nobody outside states repairs: each becomes a finding, and a finding is the hub's word.
    """

    repairs: Annotated[
        tuple[Repair, ...],
        Field(max_length=9_000, strict=False, description="What was filled in", exclude_if=lambda made: not made),
    ] = ()


class ActualItem(WireModel):
    """What customs found of one item, dead animals counted in it (box 27 in the EU)."""

    number: Annotated[int, Field(ge=1, le=9999)]
    quantity: Annotated[Amount | None, Field(description="The actual quantity; the declared one when not said")] = None
    unit: Annotated[Unit | None, Field(description="Of the quantity; the declared unit when not said")] = None
    dead_on_arrival: Count | None = None


class Release(WireModel):
    """Customs lets the goods go; items not named went as declared."""

    items: Annotated[tuple[ActualItem, ...], Field(max_length=500, strict=False)] = ()


class Refusal(WireModel):
    """Customs refuses the goods, for a reason."""

    reason: Reason


class Cancellation(WireModel):
    """The trader takes the declaration back."""

    reason: Text | None = None


class Override(WireModel):
    """An officer settles a finding of one item, or of the whole declaration where no item is named."""

    rule: ShortText
    item: Annotated[int | None, Field(ge=1, le=9999)] = None
    reason: Reason
    quantity: Annotated[
        Quantity | None, Field(description="In the permit line's unit, where the declared unit has no exact conversion")
    ] = None
    line: Annotated[LineLetter | None, Field(description="The permit line that is meant, where several fit")] = None


class CorrectedItem(WireModel):
    """What an item's quantity really was."""

    number: Annotated[int, Field(ge=1, le=9999)]
    quantity: Amount
    unit: Annotated[Unit | None, Field(description="Of the quantity; the declared unit when not said")] = None
    dead_on_arrival: Annotated[Count | None, Field(description="How many were dead")] = None


class Correction(WireModel):
    """Customs corrects what was released, up or down, for a reason."""

    items: Annotated[tuple[CorrectedItem, ...], Field(min_length=1, max_length=500, strict=False)]
    reason: Reason


class Consent(WireModel):
    """The Management Authority agrees to more than the permit says for one item."""

    item: Annotated[int, Field(ge=1, le=9999)]
    quantity: Annotated[Quantity, Field(description="How much more than the permit says")]
    unit: Annotated[Unit | None, Field(description="Of the quantity; the declared unit when not said")] = None
    reason: Text | None = None
