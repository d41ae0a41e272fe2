"""A declaration as a trader lodges it, and its one normalized form, whatever its format was.

Required are reference, movement, both parties and both countries, and number, quantity and unit of each item. Any other
missing field becomes a finding of the check, not an error.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError, core_schema

from shared.cites.codes import ACCOMPANIED_SOURCES, TERM_CODES
from shared.cites.document_types import CITES_DOCUMENT_TYPES, NOT_CITES
from shared.cites.time_zones import country_codes, declared_country_codes
from shared.contracts.closed_sets import DocumentUse, Exemption, Movement, Purpose, Source, UnderlyingSource, Unit
from shared.contracts.comparison import comparison_key
from shared.contracts.fields import (
    LETTER_REQUIRED_SCHEMA,
    STORED_CONTEXT,
    Country,
    Day,
    DeclaredCountry,
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
from shared.contracts.limits import DOCUMENTS, DOCUMENTS_PER_ITEM, ITEMS, NAME_LENGTH, REPAIR_VALUES, REPAIRS
from shared.contracts.quantities import Amount, Count, FastPath, Quantity


def _require_known_term(code: str) -> str:
    if code not in TERM_CODES:
        raise PydanticCustomError("unknown_term", "Expected a CITES trade term: GET /v1/reference/terms lists them.")
    return code


TermCode = Annotated[
    str,
    AfterValidator(_require_known_term),
    FastPath(core_schema.literal_schema(sorted(TERM_CODES))),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]
FastPathCountry = Annotated[Country, FastPath(core_schema.literal_schema(sorted(country_codes())))]
"""A country where one body has many of them. It is not used everywhere, because each such list costs some hundred kB.
"""
FastPathDeclaredCountry = Annotated[
    DeclaredCountry, FastPath(core_schema.literal_schema(sorted(declared_country_codes())))
]
FastPathTaxon = Annotated[
    DeclaredTaxon,
    FastPath(core_schema.str_schema(max_length=NAME_LENGTH, pattern="^[A-Z][a-z]+ [a-z]+$")),
    LETTER_REQUIRED_SCHEMA,
]


class Document(WireModel):
    """A permit that an item cites, and how the item uses it.

    Without `issuer`, the hub looks for a permit of this number that names the declaring side. Type Y900 cites no
    permit. No other type does: an invoice (N935) is no permit, whatever its number is.

    `quantity` is the write-off of this document (WCO: WriteOff), if the item uses several permits.
    """

    type: Annotated[
        ShortText,
        Field(
            description=(
                "EU document code: C400 or C405 for a CITES document, Y900 for goods outside CITES. A document of "
                "any other type is not taken for a permit"
            )
        ),
    ] = "C400"
    number: Annotated[ShortText | None, Field(description="Permit number, box 1 of the permit")] = None
    issuer: Annotated[
        FastPathCountry | None, Field(description="Country whose authority issued the permit, ISO 3166-1 alpha-2")
    ] = None
    line: Annotated[
        LineLetter | None, Field(description="Letter of the permit line; if left out, the hub finds the line")
    ] = None
    use: DocumentUse = DocumentUse.EXHAUSTS
    counted_by: Annotated[
        ShortText | None,
        Field(description="With `already_counted`: id or your own reference of the declaration that counted"),
    ] = None
    quantity: Annotated[
        Quantity | None,
        Field(description="Quantity that the item uses of this document; if left out, the quantity of the item"),
    ] = None
    unit: Annotated[Unit | None, Field(description="Unit of the quantity; if left out, the unit of the item")] = None

    @property
    def is_cites(self) -> bool:
        """Return whether the document is of a type of CITES documents, so that the item cites a permit."""
        return self.type in CITES_DOCUMENT_TYPES or self.type.upper() in CITES_DOCUMENT_TYPES

    @property
    def states_not_cites(self) -> bool:
        """Return whether the trader states by the document that the Convention does not cover the goods."""
        return self.type.upper() == NOT_CITES

    @property
    def key(self) -> tuple[str, str]:
        """The issuer and the key of the number, by which the registry finds the permit. An empty part finds nothing.

        A document that is no CITES document has empty parts.
        """
        return self.stated_key if self.is_cites else ("", "")

    @property
    def stated_key(self) -> tuple[str, str]:
        """The issuer and the key of the number, also of a document that is no CITES document."""
        return self.issuer or "", comparison_key(self.number) if self.number else ""


class Item(WireModel):
    """One goods item: the goods, their quantity, and the permits that cover them."""

    number: Annotated[int, Field(ge=1, le=9999, description="Item number, unique in the declaration")]
    hs_code: Annotated[HsCode | None, Field(description="Commodity code of the Harmonized System, 4 to 10 digits")] = (
        None
    )
    description: Annotated[Text | None, Field(description="The goods in words, at most 500 characters")] = None
    taxon: Annotated[FastPathTaxon | None, Field(description="Scientific name of the specimens")] = None
    term: Annotated[TermCode | None, Field(description="CITES trade term, such as SKI; see /v1/reference/terms")] = None
    quantity: Annotated[Quantity, Field(description="Declared quantity, above zero, in `unit`; at most 38 digits")]
    unit: Unit
    net_mass: Annotated[Quantity | None, Field(description="Net mass in kg, if customs documents also state it")] = None
    source: Annotated[Source | None, Field(description="Source of the specimens, one capital letter")] = None
    underlying_source: Annotated[
        UnderlyingSource | None, Field(description="Further source, only with source I or O")
    ] = None
    purpose: Annotated[Purpose | None, Field(description="Purpose of the transaction, one capital letter")] = None
    origin_country: Annotated[
        FastPathDeclaredCountry | None,
        Field(description="Country of origin of the specimens, ISO 3166-1 alpha-2, or a code of customs such as QU"),
    ] = None
    exemption: Annotated[
        Exemption | None,
        Field(description="Claim that the goods need no documents: `personal_effects` (Article VII.3)"),
    ] = None
    acquired_in: Annotated[
        Country | None,
        Field(
            description="With `exemption`: country in which the owner acquired the goods; if left out, the country of "
            "export at import, and the exporter's country at export"
        ),
    ] = None
    documents: Annotated[
        tuple[Document, ...],
        Field(
            max_length=DOCUMENTS_PER_ITEM,
            strict=False,
            description=f"Permits that the item cites, at most {DOCUMENTS_PER_ITEM}",
        ),
    ] = ()

    @model_validator(mode="after")
    def _fields_are_not_alone(self) -> "Item":
        for document in self.documents:
            if document.unit is not None and document.quantity is None:
                raise PydanticCustomError("unit_alone", "Expected `quantity` with the `unit` of a document.")
        if self.underlying_source is not None and self.source not in ACCOMPANIED_SOURCES:
            raise PydanticCustomError(
                "underlying_source_alone", "Expected `underlying_source` with source I or O only. Leave it out."
            )
        return self


class Repair(WireModel):
    """A field that the hub took from another place than its own. Each repair becomes a finding."""

    pointer: Annotated[
        str,
        Field(
            pattern=r"^(/[^/\x00]{1,64}){1,8}$", max_length=200, description="The field, as a JSON Pointer (RFC 6901)"
        ),
    ]
    source: Annotated[Text, Field(description="Place from which the hub took the value")]
    others: Annotated[
        tuple[Text, ...],
        Field(max_length=REPAIR_VALUES, strict=False, description="Other values that the message may mean"),
    ] = ()


class Declaration(WireModel):
    """A trader's statement about one shipment that leaves or enters a country."""

    reference: Annotated[
        ShortText, Field(description="Your own reference, unique per trader (WCO: FunctionalReferenceID)")
    ]
    movement: Movement
    trader: Annotated[
        Id | None, Field(description="Party id of the trader, if an agent declares under its mandate")
    ] = None
    exporter: Trader
    importer: Trader
    export_country: Annotated[DeclaredCountry, Field(description="Country that the goods leave (WCO: ExportCountry)")]
    import_country: Annotated[DeclaredCountry, Field(description="Country that the goods enter (WCO: Destination)")]
    transit_country: Annotated[
        DeclaredCountry | None,
        Field(
            description="With `transit`: country that the goods pass through; its customs decides. If left out, that "
            "of the customs office, or of the trader"
        ),
    ] = None
    exit_due: Annotated[
        Day | None, Field(description="With `transit`: last day on which the goods leave that country")
    ] = None
    customs_office: Annotated[
        ShortText | None, Field(description="Code of the customs office (WCO: DeclarationOfficeID)")
    ] = None
    transport_document: Annotated[
        ShortText | None,
        Field(description="Number of the bill of lading or air waybill (WCO: TransportContractDocument)"),
    ] = None
    items: Annotated[
        tuple[Item, ...],
        Field(
            min_length=1,
            max_length=ITEMS,
            strict=False,
            description=f"Goods items, 1 to {ITEMS}, with at most {DOCUMENTS} documents in all",
        ),
    ]

    @model_validator(mode="after")
    def _transit_fields_are_of_a_transit(self) -> "Declaration":
        if self.movement is not Movement.TRANSIT:
            for name in ("transit_country", "exit_due"):
                if getattr(self, name) is not None:
                    expected = f"Expected `{name}` with the movement transit only. Leave it out."
                    raise PydanticCustomError("transit_field_alone", expected, {"at": (name,)})
        return self

    @model_validator(mode="after")
    def _documents_are_few_enough(self, info: ValidationInfo) -> "Declaration":
        if sum(len(item.documents) for item in self.items) > DOCUMENTS and info.context is not STORED_CONTEXT:
            expected = f"Expected at most {DOCUMENTS} documents in all items together. Send several declarations."
            raise PydanticCustomError("too_many_documents", expected, {"at": ("items",)})
        return self

    @model_validator(mode="after")
    def _item_numbers_are_unique(self) -> "Declaration":
        if len({item.number for item in self.items}) < len(self.items):
            at = {"at": ("items", first_duplicate_index(item.number for item in self.items), "number")}
            raise PydanticCustomError("item_number_twice", "Expected another number: two items have this one.", at)
        return self


DECIDING_COUNTRY = {
    Movement.IMPORT: "import_country",
    Movement.EXPORT: "export_country",
    Movement.TRANSIT: "transit_country",
}
"""The field with the country whose customs decides a declaration, by movement."""


def declaring_role(declaration: Declaration, trader_country: str | None = None) -> Literal["exporter", "importer"]:
    """Return the side that declares: the importer of an import, the exporter of an export.

    The importer declares a transit if it alone is of the country of the trader. Else the exporter declares it. Only a
    transit needs the country.
    """
    if declaration.movement is not Movement.TRANSIT:
        return "importer" if declaration.movement is Movement.IMPORT else "exporter"
    return "importer" if declaration.importer.country == trader_country != declaration.exporter.country else "exporter"


def declaring_side(declaration: Declaration, trader_country: str | None = None) -> Trader:
    """Return the party that declares, as the declaration names it. See `declaring_role`."""
    by_importer = declaring_role(declaration, trader_country) == "importer"
    return declaration.importer if by_importer else declaration.exporter


class NormalizedDeclaration(Declaration):
    """A declaration in the one form that services exchange, with the fields that the hub completed.

    No trader states repairs: each becomes a finding, and only the hub writes findings.
    """

    repairs: Annotated[
        tuple[Repair, ...],
        Field(
            max_length=REPAIRS,
            strict=False,
            description="Fields that the hub completed",
            exclude_if=lambda made: not made,
        ),
    ] = ()


class CitedDocument(WireModel):
    """A permit that an item cites, as a decision names it."""

    number: Annotated[ShortText, Field(description="Permit number, as the hub shows it in the declaration")]
    issuer: Annotated[
        Country | None, Field(description="Country that issued it; needed if the item cites two permits of this number")
    ] = None
    line: Annotated[
        LineLetter | None, Field(description="Permit line; needed if the item uses several lines of the permit")
    ] = None


class DocumentQuantity(CitedDocument):
    """The quantity that an item uses of one document, as an officer states it."""

    quantity: Annotated[Amount, Field(description="Quantity, zero or more")]
    unit: Annotated[
        Unit | None,
        Field(description="Unit; if left out, the declared unit, or in an override the unit of the permit line"),
    ] = None


DocumentQuantities = Annotated[
    tuple[DocumentQuantity, ...],
    Field(
        max_length=DOCUMENTS_PER_ITEM,
        strict=False,
        description="Quantities of single documents, if the item uses several permits",
    ),
]


class ActualItem(WireModel):
    """The result of customs' inspection of one item, dead animals included (box 27 of the EU form).

    If the item uses several permits, the hub writes its quantity off in the order of its documents. `documents` names
    the quantities that differ from that.
    """

    number: Annotated[int, Field(ge=1, le=9999, description="Number of the item")]
    quantity: Annotated[
        Amount | None, Field(description="Actual quantity, zero or more; if left out, the declared quantity")
    ] = None
    unit: Annotated[Unit | None, Field(description="Unit of the quantity; if left out, the declared unit")] = None
    dead_on_arrival: Annotated[
        Count | None, Field(description="Number of live animals that arrived dead, included in the quantity")
    ] = None
    documents: DocumentQuantities = ()


class Release(WireModel):
    """Customs releases the goods. Items that it does not list left or arrived as declared."""

    items: Annotated[
        tuple[ActualItem, ...],
        Field(max_length=ITEMS, strict=False, description="Items that differ from what the trader declared"),
    ] = ()


class Refusal(WireModel):
    """Customs refuses the goods, or the authority refuses the application, and states a reason."""

    reason: Annotated[Reason, Field(description="Why; the trader can read it")]


class Cancellation(WireModel):
    """The trader cancels the declaration."""

    reason: Annotated[Text | None, Field(description="Why the trader cancels")] = None


class Override(WireModel):
    """An officer settles a finding of one item, or of the whole declaration if `item` is left out."""

    rule: Annotated[ShortText, Field(description="Official name of the rule, as the finding states it")]
    item: Annotated[
        int | None, Field(ge=1, le=9999, description="Number of the item; if left out, the finding of every item")
    ] = None
    reason: Annotated[Reason, Field(description="Why you settle the finding; the trader can read it")]
    quantity: Annotated[
        Quantity | None,
        Field(description="Quantity in the unit of the permit line, if the declared unit has no exact conversion"),
    ] = None
    line: Annotated[LineLetter | None, Field(description="The permit line that you choose, if several fit")] = None
    documents: DocumentQuantities = ()


class CorrectedItem(WireModel):
    """The actual quantity of an item."""

    number: Annotated[int, Field(ge=1, le=9999, description="Number of the item")]
    quantity: Annotated[Amount, Field(description="Actual quantity, zero or more")]
    unit: Annotated[Unit | None, Field(description="Unit of the quantity; if left out, the declared unit")] = None
    dead_on_arrival: Annotated[
        Count | None, Field(description="Number of live animals that arrived dead, included in the quantity")
    ] = None
    documents: DocumentQuantities = ()


class Correction(WireModel):
    """Customs corrects released quantities, up or down, and states a reason."""

    items: Annotated[
        tuple[CorrectedItem, ...],
        Field(min_length=1, max_length=ITEMS, strict=False, description="Items to correct, 1 to 500"),
    ]
    reason: Annotated[Reason, Field(description="Why customs corrects; the trader can read it")]


class Consent(WireModel):
    """The Management Authority agrees to exceed the permit for one item."""

    item: Annotated[int, Field(ge=1, le=9999, description="Number of the item")]
    quantity: Annotated[Quantity, Field(description="Quantity that the item may use in addition to the permit")]
    unit: Annotated[Unit | None, Field(description="Unit of the quantity; if left out, the declared unit")] = None
    reason: Annotated[Text | None, Field(description="Why the authority agrees")] = None
    document: Annotated[
        CitedDocument | None,
        Field(description="The permit to exceed; needed if the item shares its quantity among several"),
    ] = None
