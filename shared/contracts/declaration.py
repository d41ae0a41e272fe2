"""A declaration as a trader lodges it, and the one inside form it has, whatever format it came in.

Only what a hub cannot do without is required (reference, movement, both parties, both countries, and of each item
number, quantity and unit); what else is missing becomes a finding of the check, not an error.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError, core_schema

from shared.cites.codes import ACCOMPANIED_SOURCES, TERMS
from shared.cites.time_zones import countries
from shared.contracts.fields import (
    LETTERED,
    Country,
    HsCode,
    Id,
    LineLetter,
    Movement,
    Purpose,
    Reason,
    Source,
    StatedTaxon,
    Text,
    Token,
    Trader,
    UnderlyingSource,
    Unit,
    Wire,
    first_twice,
)
from shared.contracts.quantities import Amount, AtOnce, Count, Quantity


def _known_term(code: str) -> str:
    if code not in TERMS:
        raise PydanticCustomError("unknown_term", "This is no CITES trade term; see /v1/reference/terms")
    return code


TermCode = Annotated[
    str,
    AfterValidator(_known_term),
    AtOnce(core_schema.literal_schema(sorted(TERMS))),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]
UsualCountry = Annotated[Country, AtOnce(core_schema.literal_schema(sorted(countries())))]
"""A country, where there are many in one body; not everywhere, for each such list costs some hundred kB."""
UsualTaxon = Annotated[
    StatedTaxon, AtOnce(core_schema.str_schema(max_length=200, pattern="^[A-Z][a-z]+ [a-z]+$")), LETTERED
]
Use = Literal["exhausts", "part", "already_counted", "late"]


class Document(Wire):
    """A permit an item cites, and how it is used: up, in part, counted already, or reported late.

    Without `issuer` the permit of that number which names the declaring side is meant; Y900 names no permit at all.
    """

    type: Annotated[Token, Field(description="Document code of the declaration, such as C400")] = "C400"
    number: Token | None = None
    issuer: UsualCountry | None = None
    line: LineLetter | None = None
    use: Use = "exhausts"
    counted_by: Annotated[
        Token | None,
        Field(description="The declaration that counted, with `already_counted`: its id, or your own reference of it"),
    ] = None

    @property
    def key(self) -> tuple[str, str]:
        """What the registry knows the permit by; nothing is known by an empty issuer or number."""
        return self.issuer or "", self.number or ""


class Item(Wire):
    """One line of goods: what it is, how much, and the permits that cover it."""

    number: Annotated[int, Field(ge=1, le=9999)]
    hs_code: HsCode | None = None
    description: Text | None = None
    taxon: UsualTaxon | None = None
    term: TermCode | None = None
    quantity: Quantity
    unit: Unit
    net_mass: Annotated[Quantity | None, Field(description="In kg, where customs papers state it beside")] = None
    source: Source | None = None
    underlying_source: UnderlyingSource | None = None
    purpose: Purpose | None = None
    origin_country: UsualCountry | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=20, strict=False)] = ()

    @model_validator(mode="after")
    def _underlying_beside_i_or_o(self) -> "Item":
        if self.underlying_source is not None and self.source not in ACCOMPANIED_SOURCES:
            raise PydanticCustomError("underlying_source_alone", "underlying_source stands beside source I or O only")
        return self


class Repair(Wire):
    """A field that was not stated where it is looked for, and where it was taken from; each becomes a finding."""

    pointer: Annotated[str, Field(pattern=r"^(/[^/\x00]{1,64}){1,8}$", max_length=200)]
    source: Text
    others: Annotated[tuple[Text, ...], Field(max_length=50, strict=False, description="What else may be meant")] = ()


class Declaration(Wire):
    """What a trader states about one shipment that leaves or enters a country."""

    reference: Token
    movement: Movement
    trader: Annotated[Id | None, Field(description="Party id of the trader, if acting under a mandate")] = None
    exporter: Trader
    importer: Trader
    export_country: Country
    import_country: Country
    customs_office: Token | None = None
    transport_document: Token | None = None
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=500, strict=False)]

    @model_validator(mode="after")
    def _items_are_numbered_once(self) -> "Declaration":
        if len({item.number for item in self.items}) < len(self.items):
            at = {"at": ("items", first_twice(item.number for item in self.items), "number")}
            raise PydanticCustomError("item_number_twice", "Each item has a number of its own", at)
        return self


class InsideDeclaration(Declaration):
    """A declaration as it goes on inside the hub: with what was filled in where a format had no place for it.

    Nobody outside states repairs: each becomes a finding, and a finding is the hub's word.
    """

    repairs: Annotated[
        tuple[Repair, ...],
        Field(max_length=9_000, strict=False, description="What was filled in", exclude_if=lambda made: not made),
    ] = ()


class ActualItem(Wire):
    """What customs found of one item, dead animals counted in it (box 27 in the EU)."""

    number: Annotated[int, Field(ge=1, le=9999)]
    quantity: Annotated[Amount | None, Field(description="The actual quantity; the declared one when not said")] = None
    unit: Annotated[Unit | None, Field(description="Of the quantity; the declared unit when not said")] = None
    dead_on_arrival: Count | None = None


class Release(Wire):
    """Customs lets the goods go; items not named went as declared."""

    items: Annotated[tuple[ActualItem, ...], Field(max_length=500, strict=False)] = ()


class Refusal(Wire):
    """Customs refuses the goods, for a reason."""

    reason: Reason


class Cancellation(Wire):
    """The trader takes the declaration back."""

    reason: Text | None = None


class Override(Wire):
    """An officer settles a finding of one item, or of the whole declaration where no item is named."""

    rule: Token
    item: Annotated[int | None, Field(ge=1, le=9999)] = None
    reason: Reason
    quantity: Annotated[
        Quantity | None, Field(description="In the permit line's unit, where the declared unit has no exact conversion")
    ] = None
    line: Annotated[LineLetter | None, Field(description="The permit line that is meant, where several fit")] = None


class CorrectedItem(Wire):
    """What an item's quantity really was."""

    number: Annotated[int, Field(ge=1, le=9999)]
    quantity: Amount
    unit: Annotated[Unit | None, Field(description="Of the quantity; the declared unit when not said")] = None
    dead_on_arrival: Annotated[Count | None, Field(description="How many were dead")] = None


class Correction(Wire):
    """Customs corrects what was released, up or down, for a reason."""

    items: Annotated[tuple[CorrectedItem, ...], Field(min_length=1, max_length=500, strict=False)]
    reason: Reason


class Consent(Wire):
    """The Management Authority agrees to more than the permit says for one item."""

    item: Annotated[int, Field(ge=1, le=9999)]
    quantity: Annotated[Quantity, Field(description="How much more than the permit says")]
    unit: Annotated[Unit | None, Field(description="Of the quantity; the declared unit when not said")] = None
    reason: Text | None = None
