"""The goods items of a customs message: the goods, their quantity, and the CITES documents that they cite."""

import re
from decimal import Decimal
from typing import Any

from services.gateway.formats.customs_codes import COUNTRY_ALIASES, NOT_PRESENTED, UNITS, document_use
from services.gateway.formats.wco_repairs import Repairs
from services.gateway.formats.xml_parser import Element
from shared.cites.document_types import CITES_DOCUMENT_TYPES, NOT_CITES
from shared.cites.time_zones import country_codes, declared_country_codes
from shared.contracts.closed_sets import DocumentUse, Unit
from shared.contracts.limits import ITEMS, TEXT_LENGTH
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Fault, Invalid

_NUMBER = re.compile(r"[0-9]{1,38}(\.[0-9]{1,38})?")
_HS = re.compile(r"[0-9]{4,10}")
MASS_UNITS: dict[str | None, tuple[Unit, Decimal]] = {
    None: UNITS["KGM"],
    **{code: UNITS[code] for code in ("KGM", "GRM", "TNE")},
}
"""Units of a gross mass. A message that names none means kilograms."""
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
    content = {
        "number": _number(item.child_text("SequenceNumeric"), index, pointer, repairs),
        "hs_code": _hs_code(commodity),
        "description": _description(commodity, pointer, repairs),
        "origin_country": _origin(item, pointer, repairs),
        "net_mass": _mass(commodity, pointer),
        **_quantity(commodity, [one for _, one in cites_documents], pointer, repairs),
        "documents": _documents(
            cites_documents, exempt, _previous_declaration(item) or previous_declaration, pointer, repairs
        ),
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
    """Return the country of origin, if it is a country: the non-preferential one (type 1) first."""
    found = item.children("Origin")
    if len(found) > 1:
        found.sort(key=lambda one: one.child_text("TypeCode") not in {"1", None})
    codes = [code for one in found if (code := one.child_text("CountryCode")) is not None]
    code = codes[0] if codes else None
    if code in COUNTRY_ALIASES:
        repairs.add(f"{pointer}/origin_country", f"{code}, which is {COUNTRY_ALIASES[code]} in ISO 3166-1")
        return COUNTRY_ALIASES[code]
    return code if code in declared_country_codes() else None


def _mass(commodity: Element, pointer: str) -> str | None:
    value = commodity.descendant_text("GoodsMeasure", "NetNetWeightMeasure")
    return None if value is None else _positive(value, pointer, "net_mass", "NetNetWeightMeasure")


def _quantity(commodity: Element, cites_documents: list[Element], pointer: str, repairs: Repairs) -> dict[str, Any]:
    """Return quantity and unit: from the write-off, else from the supplementary quantity, else from the net mass."""
    written_off = {}
    for document in cites_documents:
        for one in (off.child("QuantityQuantity") for off in document.children("WriteOff")):
            if one is not None and one.text:
                amount, unit = _measure(one, pointer, "WriteOff/QuantityQuantity", repairs)
                written_off[amount, unit] = f"{amount} {unit} written off"
    if len(written_off) == 1:
        [(amount, unit)] = written_off
        return {"quantity": amount, "unit": unit}
    if written_off:
        amount, unit = max(written_off, key=lambda pair: Decimal(pair[0]))
        others = tuple(text for pair, text in written_off.items() if pair != (amount, unit))
        repairs.add(f"{pointer}/quantity", f"the largest WriteOff, {amount} {unit}", others)
        return {"quantity": amount, "unit": unit}
    supplementary = commodity.descendant("GoodsMeasure", "TariffQuantity")
    if supplementary is not None and supplementary.text:
        amount, unit = _measure(supplementary, pointer, "TariffQuantity", repairs)
        repairs.add(f"{pointer}/quantity", "GoodsMeasure/TariffQuantity, because there is no WriteOff")
        return {"quantity": amount, "unit": unit}
    mass = _mass(commodity, pointer)
    if mass is None:
        return _unmeasured(commodity, cites_documents, pointer, repairs)
    repairs.add(f"{pointer}/quantity", "GoodsMeasure/NetNetWeightMeasure, because there is no other measure")
    return {"quantity": mass, "unit": Unit.KG}


def _unmeasured(commodity: Element, cites_documents: list[Element], pointer: str, repairs: Repairs) -> dict[str, Any]:
    """Return the quantity of an item without a measure of its goods, as a simplified declaration may be.

    It is the gross mass, which includes the packaging, else one. If the item cites a document, an officer decides,
    because the hub writes the quantity off.
    """
    others = ("the quantity of the supplementary declaration",) if cites_documents else ()
    gross = commodity.descendant("GoodsMeasure", "GrossMassMeasure")
    if gross is not None and gross.text and gross.unit in MASS_UNITS:
        amount, unit = _convert(_positive(gross.text, pointer, "quantity", "GrossMassMeasure"), MASS_UNITS[gross.unit])
        repairs.add(f"{pointer}/quantity", "GoodsMeasure/GrossMassMeasure, which includes the packaging", others)
        return {"quantity": amount, "unit": unit}
    repairs.add(f"{pointer}/quantity", "no measure, because the message has none: one", others)
    repairs.add(f"{pointer}/unit", "no measure, because the message has none: a number")
    return {"quantity": "1", "unit": Unit.NUMBER}


def _measure(element: Element, pointer: str, name: str, repairs: Repairs) -> tuple[str, str]:
    amount = _positive(element.text, pointer, "quantity", name)
    code = element.unit
    if code is None:
        repairs.add(f"{pointer}/unit", f"{name}, which names no unit: a number")
        return amount, Unit.NUMBER
    conversion = UNITS.get(code) or UNITS.get(code.partition("#")[0].strip().upper())
    if conversion is None:
        text = f"Expected a unitCode of {name} (UN/ECE Rec. 20): {', '.join(sorted(UNITS))}. Found: {code[:20]}."
        raise _invalid(f"{pointer}/unit", "unknown-unit", text)
    return _convert(amount, conversion)


def _convert(amount: str, conversion: tuple[Unit, Decimal]) -> tuple[str, Unit]:
    """Return an amount in the unit of the contract."""
    unit, factor = conversion
    return amount if factor == 1 else format_quantity(EXACT.multiply(Decimal(amount), factor)), unit


def _positive(value: str, pointer: str, field: str, name: str) -> str:
    if value.isdigit() and value.isascii() and value[0] != "0" and len(value) <= 38:
        return value
    if not _NUMBER.fullmatch(value) or not value.strip("0.") or len(value) > 39:
        raise _invalid(
            f"{pointer}/{field}",
            "not-a-quantity",
            f"Expected {name} as a decimal above zero, of at most 38 digits, such as 0.25.",
        )
    stripped = value.lstrip("0")
    return f"0{stripped}" if stripped.startswith(".") else stripped


def _code(document: Element) -> str:
    return (document.child_text("CategoryCode") or "") + (document.child_text("TypeCode") or "")


def _documents(
    cites_documents: list[tuple[str, Element]],
    exempt: bool,
    previous_declaration: str | None,
    pointer: str,
    repairs: Repairs,
) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = [{"type": NOT_CITES}] if exempt else []
    for code, document in cites_documents:
        status = document.child_text("LPCOExemptionCode")
        if status in NOT_PRESENTED:
            repairs.add(f"{pointer}/documents", f"{code} with status {status}: no such document is presented")
            continue
        documents.append(
            _document(code, document, previous_declaration, f"{pointer}/documents/{len(documents)}", repairs)
        )
    return documents


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
