"""The goods items of a customs message: the goods, their quantity, and the CITES documents that they cite."""

import re
from typing import Any

from services.gateway.formats.customs_codes import COUNTRY_ALIASES, DOES_NOT_APPLY, NOT_PRESENTED, document_use
from services.gateway.formats.wco_measures import parse_measures
from services.gateway.formats.wco_repairs import Repairs
from services.gateway.formats.xml_parser import Element
from shared.cites.document_types import CITES_DOCUMENT_TYPES, NOT_CITES
from shared.cites.time_zones import country_codes, declared_country_codes
from shared.contracts.closed_sets import DocumentUse
from shared.contracts.limits import ITEMS, TEXT_LENGTH
from shared.problems import Fault, Invalid

_HS = re.compile(r"[0-9]{4,10}")
NON_TARIFF_KINDS = frozenset({"TRC", "TRA", "GN"})
"""Types of classification that are no tariff code of goods: additional codes and dangerous goods."""


def parse_items(shipment: Element, goods: list[Element], repairs: Repairs) -> list[dict[str, Any]]:
    """Return the items in their order. Raise Invalid before the first one is parsed if there are too many."""
    if len(goods) > ITEMS:  # at once: a megabyte of empty items would take seconds to parse
        raise _invalid(
            "/items", "too-long", f"Expected at most {ITEMS} goods items in a declaration. Found: {len(goods)}."
        )
    previous_declaration = _previous_declaration(shipment)
    return [_item(item, index, previous_declaration, repairs) for index, item in enumerate(goods)]


def _item(item: Element, index: int, previous_declaration: str | None, repairs: Repairs) -> dict[str, Any]:
    pointer = f"/items/{index}"
    commodity = item.child("Commodity") or Element("Commodity")
    coded = [(_code(one), one) for one in item.children("AdditionalDocument")]
    cites_documents = [(code, one) for code, one in coded if code in CITES_DOCUMENT_TYPES]
    exempt = any(code == NOT_CITES for code, _ in coded)
    if cites_documents and all(one.child_text("LPCOExemptionCode") == DOES_NOT_APPLY for _, one in cites_documents):
        repairs.add(f"{pointer}/documents/0/type", f"status {DOES_NOT_APPLY}: the document does not apply to the goods")
        cites_documents, exempt = [], True
    presented = _presented_documents(cites_documents, pointer, repairs)
    previous = _previous_declaration(item) or previous_declaration
    measures = parse_measures(
        commodity,
        [one for _, one in presented],
        first_place=int(exempt),
        cites_documents=bool(cites_documents),
        pointer=pointer,
        repairs=repairs,
    )
    content = {
        "number": _number(item.child_text("SequenceNumeric"), index, pointer, repairs),
        "hs_code": _hs_code(commodity),
        "description": _description(commodity, pointer, repairs),
        "origin_country": _origin(item, pointer, repairs),
        **measures.item,
        "documents": [
            *([{"type": NOT_CITES}] if exempt else []),
            *(
                _document(code, one, previous, f"{pointer}/documents/{place}", repairs) | written_off
                for place, ((code, one), written_off) in enumerate(
                    zip(presented, measures.documents, strict=True), int(exempt)
                )
            ),
        ],
    }
    return {name: value for name, value in content.items() if value is not None}


def _number(value: str | None, index: int, pointer: str, repairs: Repairs) -> int:
    if value is None:
        repairs.add(f"{pointer}/number", "its place among the items, because it has no SequenceNumeric")
        return index + 1
    if not (len(value) <= 4 and value.isascii() and value.isdigit()):
        raise _invalid(f"{pointer}/number", "not-a-number", "Expected SequenceNumeric from 1 to 9999.")
    return int(value)


def _hs_code(commodity: Element) -> str | None:
    """Return the tariff code: from the combined nomenclature (TSP), else the first code that is digits."""
    other = None
    for one in commodity.children("Classification"):
        kind, code = one.child_text("IdentificationTypeCode"), one.child_text("ID")
        if code is None or not _HS.fullmatch(code):
            continue
        if kind == "TSP":
            return code
        other = code if other is None and kind not in NON_TARIFF_KINDS else other
    return other


def _description(commodity: Element, pointer: str, repairs: Repairs) -> str | None:
    value = commodity.child_text("Description")
    if value is not None and len(value) > TEXT_LENGTH:
        repairs.add(f"{pointer}/description", f"its first {TEXT_LENGTH} characters; the stored message has all of them")
        value = value[:TEXT_LENGTH].rstrip()
    return value


def _origin(item: Element, pointer: str, repairs: Repairs) -> str | None:
    """Return the country of origin, if it is a country: the non-preferential one (type 1) first.

    A preferential origin of another type does not contradict it. Several countries of the same type are a repair.
    """
    found = item.children("Origin")
    first = [one for one in found if one.child_text("TypeCode") in {"1", None}] or found
    codes = list(dict.fromkeys(code for one in first if (code := one.child_text("CountryCode")) is not None))
    if not codes:
        return None
    code = codes[0]
    country = COUNTRY_ALIASES.get(code, code if code in declared_country_codes() else None)
    if len(codes) > 1:
        repairs.add(f"{pointer}/origin_country", f"the first of {len(codes)} Origin, {code}", tuple(codes[1:]))
    elif code in COUNTRY_ALIASES:
        repairs.add(f"{pointer}/origin_country", f"{code}, which is {country} in ISO 3166-1")
    return country


def _code(document: Element) -> str:
    return (document.child_text("CategoryCode") or "") + (document.child_text("TypeCode") or "")


def _presented_documents(
    cites_documents: list[tuple[str, Element]], pointer: str, repairs: Repairs
) -> list[tuple[str, Element]]:
    """Return the documents that the declarant presents. A document that is waived writes nothing off."""
    presented = []
    for code, document in cites_documents:
        status = document.child_text("LPCOExemptionCode")
        if status in NOT_PRESENTED:
            repairs.add(f"{pointer}/documents", f"{code} with status {status}: no such document is presented")
        else:
            presented.append((code, document))
    return presented


def _document(
    code: str, document: Element, previous_declaration: str | None, pointer: str, repairs: Repairs
) -> dict[str, Any]:
    status = document.child_text("LPCOExemptionCode")
    use = document_use(status)
    if use is None:
        repairs.add(f"{pointer}/use", f"status {status}, which does not say how it is used: exhausts")
    issuer = document.descendant_text("Submitter", "Name") or ""
    content = {
        "type": code,
        "number": document.child_text("ID"),
        "issuer": issuer if issuer in country_codes() else None,
        "use": use or DocumentUse.EXHAUSTS,
        "counted_by": previous_declaration if use == DocumentUse.ALREADY_COUNTED else None,
    }
    return {name: value for name, value in content.items() if value is not None}


def _previous_declaration(holder: Element) -> str | None:
    """Return the number of the earlier, simplified declaration to which an item or a shipment attributes the use."""
    for one in holder.children("PreviousDocument"):
        if one.child_text("TypeCode") in {"SDE", "CLE"} and (number := one.child_text("ID")) is not None:
            return number
    return None


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid-body", detail, [Fault(pointer, code, detail)])
