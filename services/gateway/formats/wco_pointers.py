"""Where a field of a declaration stands in a customs message: its element, and its pointer of section codes and tags.

Section codes and tags are those of the WCO Data Model; where a tag is not certain the pointer ends at its section.
"""

import re
from dataclasses import dataclass

from shared.problems import Fault, Invalid


@dataclass(frozen=True)
class Place:
    """An element of the message; `#` in the sections stands for the number of the item or document."""

    element: str
    sections: tuple[str, ...]
    tag: str | None = None


_ITEM = ("42A", "67A", "68A#")
_PAPER = (*_ITEM, "02A#")
_GOODS = "GoodsShipment/GovernmentAgencyGoodsItem"
PLACES: tuple[tuple[str, Place], ...] = (
    (r"/reference", Place("FunctionalReferenceID", ("42A",), "228")),
    (r"/movement", Place("TypeCode", ("42A",), "D013")),
    (r"/exporter.*", Place("Exporter", ("42A",))),
    (r"/importer.*", Place("GoodsShipment/Importer", ("42A", "67A"))),
    (r"/export_country", Place("GoodsShipment/ExportCountry/ID", ("42A", "67A"))),
    (r"/import_country", Place("GoodsShipment/Destination/CountryCode", ("42A", "67A", "99B"), "465")),
    (r"/customs_office", Place("DeclarationOfficeID", ("42A",))),
    (r"/transport_document", Place("GoodsShipment/PreviousDocument/ID", ("42A", "67A", "99A"), "D018")),
    (r"/items", Place(_GOODS, ("42A", "67A", "68A"))),
    (r"/items/\d+/documents/\d+/number", Place(f"{_GOODS}/AdditionalDocument/ID", _PAPER, "D005")),
    (r"/items/\d+/documents/\d+/type", Place(f"{_GOODS}/AdditionalDocument/TypeCode", _PAPER, "D006")),
    (
        r"/items/\d+/documents/\d+/(use|counted_by)",
        Place(f"{_GOODS}/AdditionalDocument/LPCOExemptionCode", _PAPER, "360"),
    ),
    (r"/items/\d+/documents/\d+.*", Place(f"{_GOODS}/AdditionalDocument", _PAPER)),
    (r"/items/\d+/documents", Place(f"{_GOODS}/AdditionalDocument", (*_ITEM, "02A"))),
    (r"/items/\d+/number", Place(f"{_GOODS}/SequenceNumeric", _ITEM, "006")),
    (r"/items/\d+/description", Place(f"{_GOODS}/Commodity/Description", (*_ITEM, "23A"), "137")),
    (r"/items/\d+/hs_code", Place(f"{_GOODS}/Commodity/Classification/ID", (*_ITEM, "23A", "21A"), "145")),
    (r"/items/\d+/origin_country", Place(f"{_GOODS}/Origin/CountryCode", (*_ITEM, "92A"), "063")),
    (r"/items/\d+/(quantity|unit)", Place(f"{_GOODS}/AdditionalDocument/WriteOff/QuantityQuantity", (*_ITEM, "02A"))),
    (
        r"/items/\d+/net_mass",
        Place(f"{_GOODS}/Commodity/GoodsMeasure/NetNetWeightMeasure", (*_ITEM, "23A", "65A"), "128"),
    ),
    (r"/items/\d+/(taxon|term|source|purpose|underlying_source)", Place(f"{_GOODS}/Commodity", (*_ITEM, "23A"))),
    (r"/items/\d+.*", Place(_GOODS, _ITEM)),
)
_PLACES = tuple((re.compile(pattern), place) for pattern, place in PLACES)


def place_of(pointer: str) -> Place:
    """Answer where the field that a pointer names stands; the whole declaration where nothing is nearer."""
    return next((place for pattern, place in _PLACES if pattern.fullmatch(pointer)), Place("Declaration", ("42A",)))


def chain_of(pointer: str) -> list[tuple[str, int | None, str | None]]:
    """Answer a pointer as customs write it: section, number of the repeated one, and at the end the tag."""
    place = place_of(pointer)
    numbers = iter(int(part) + 1 for part in pointer.split("/") if part.isdigit())
    chain = [(code.rstrip("#"), next(numbers, None) if code.endswith("#") else None, None) for code in place.sections]
    code, number, _ = chain[-1]
    return [*chain[:-1], (code, number, place.tag)]


def in_their_words(error: Invalid) -> Invalid:
    """Name the element beside each fault, for who sent XML knows no pointer into JSON."""
    told = [Fault(f.pointer, f.code, f"{f.detail.rstrip('.')} ({place_of(f.pointer).element}).") for f in error.faults]
    return Invalid(error.code, error.detail, told)
