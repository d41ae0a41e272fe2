"""The place of a declaration's field in a customs message: its element, and its pointer of section codes and tags.

Section codes and tags are those of the WCO Data Model. If a tag is not certain, the pointer ends at its section.
"""

import re
from dataclasses import dataclass

from shared.problems import Fault, Invalid


@dataclass(frozen=True)
class ElementLocation:
    """An element of the message. `#` after a section marks the number of the item or document."""

    element: str
    sections: tuple[str, ...]
    tag: str | None = None


_ITEM = ("42A", "67A", "68A#")
_DOCUMENT = (*_ITEM, "02A#")
_GOODS = "GoodsShipment/GovernmentAgencyGoodsItem"
LOCATIONS: tuple[tuple[str, ElementLocation], ...] = (
    (r"/reference", ElementLocation("FunctionalReferenceID", ("42A",), "228")),
    (r"/movement", ElementLocation("TypeCode", ("42A",), "D013")),
    (r"/exporter.*", ElementLocation("Exporter", ("42A",))),
    (r"/importer.*", ElementLocation("GoodsShipment/Importer", ("42A", "67A"))),
    (r"/export_country", ElementLocation("GoodsShipment/ExportCountry/ID", ("42A", "67A"))),
    (r"/import_country", ElementLocation("GoodsShipment/Destination/CountryCode", ("42A", "67A", "99B"), "465")),
    (r"/customs_office", ElementLocation("DeclarationOfficeID", ("42A",))),
    (r"/transport_document", ElementLocation("GoodsShipment/PreviousDocument/ID", ("42A", "67A", "99A"), "D018")),
    (r"/items", ElementLocation(_GOODS, ("42A", "67A", "68A"))),
    (r"/items/\d+/documents/\d+/number", ElementLocation(f"{_GOODS}/AdditionalDocument/ID", _DOCUMENT, "D005")),
    (r"/items/\d+/documents/\d+/type", ElementLocation(f"{_GOODS}/AdditionalDocument/TypeCode", _DOCUMENT, "D006")),
    (
        r"/items/\d+/documents/\d+/(use|counted_by)",
        ElementLocation(f"{_GOODS}/AdditionalDocument/LPCOExemptionCode", _DOCUMENT, "360"),
    ),
    (
        r"/items/\d+/documents/\d+/(quantity|unit)",
        ElementLocation(f"{_GOODS}/AdditionalDocument/WriteOff/QuantityQuantity", _DOCUMENT),
    ),
    (r"/items/\d+/documents/\d+.*", ElementLocation(f"{_GOODS}/AdditionalDocument", _DOCUMENT)),
    (r"/items/\d+/documents", ElementLocation(f"{_GOODS}/AdditionalDocument", (*_ITEM, "02A"))),
    (r"/items/\d+/number", ElementLocation(f"{_GOODS}/SequenceNumeric", _ITEM, "006")),
    (r"/items/\d+/description", ElementLocation(f"{_GOODS}/Commodity/Description", (*_ITEM, "23A"), "137")),
    (r"/items/\d+/hs_code", ElementLocation(f"{_GOODS}/Commodity/Classification/ID", (*_ITEM, "23A", "21A"), "145")),
    (r"/items/\d+/origin_country", ElementLocation(f"{_GOODS}/Origin/CountryCode", (*_ITEM, "92A"), "063")),
    (
        r"/items/\d+/(quantity|unit)",
        ElementLocation(f"{_GOODS}/AdditionalDocument/WriteOff/QuantityQuantity", (*_ITEM, "02A")),
    ),
    (
        r"/items/\d+/net_mass",
        ElementLocation(f"{_GOODS}/Commodity/GoodsMeasure/NetNetWeightMeasure", (*_ITEM, "23A", "65A"), "128"),
    ),
    (
        r"/items/\d+/(taxon|term|source|purpose|underlying_source)",
        ElementLocation(f"{_GOODS}/Commodity", (*_ITEM, "23A")),
    ),
    (r"/items/\d+.*", ElementLocation(_GOODS, _ITEM)),
)
_COMPILED_LOCATIONS = tuple((re.compile(pattern), place) for pattern, place in LOCATIONS)


def find_location(pointer: str) -> ElementLocation:
    """Return the element of the field at a JSON Pointer, or the whole declaration if there is no nearer element."""
    return next(
        (location for pattern, location in _COMPILED_LOCATIONS if pattern.fullmatch(pointer)),
        ElementLocation("Declaration", ("42A",)),
    )


def wco_pointer(pointer: str) -> list[tuple[str, int | None, str | None]]:
    """Return the customs form of a pointer: sections, the number of each repeated one, and the tag at the end."""
    location = find_location(pointer)
    numbers = iter(int(part) + 1 for part in pointer.split("/") if part.isdigit())
    chain = [
        (code.rstrip("#"), next(numbers, None) if code.endswith("#") else None, None) for code in location.sections
    ]
    code, number, _ = chain[-1]
    return [*chain[:-1], (code, number, location.tag)]


def with_element_names(error: Invalid) -> Invalid:
    """Return the error with the XML element in each detail, because the sender of XML knows no JSON Pointer."""
    faults = [
        Fault(f.pointer, f.code, f"{f.detail.rstrip('.')} ({find_location(f.pointer).element}).") for f in error.faults
    ]
    return Invalid(error.code, error.detail, faults)
