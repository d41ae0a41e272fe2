"""The goods items of a customs message: what they are, how much, and the CITES documents they cite."""

import re
from decimal import Decimal
from typing import Any

from services.gateway.formats.customs_codes import (
    CITES_DOCUMENTS,
    NOT_CITES,
    NOT_PRESENTED,
    SAME_COUNTRY,
    UNITS,
    use_of,
)
from services.gateway.formats.wco_repairs import Repairs
from services.gateway.formats.xml_parser import Element
from shared.cites.time_zones import countries
from shared.contracts.quantities import EXACT, plain
from shared.problems import Fault, Invalid

_NUMBER = re.compile(r"[0-9]{1,38}(\.[0-9]{1,38})?")
_HS = re.compile(r"[0-9]{4,10}")
NO_TARIFF = frozenset({"TRC", "TRA", "GN"})
"""Kinds of classification that are no tariff code of goods: additional codes, and dangerous goods."""
LONGEST_DESCRIPTION = 500
MOST_ITEMS = 500
"""As many as a declaration may have in any format: a megabyte of empty ones costs seconds to read."""


def items_of(shipment: Element, goods: list[Element], repairs: Repairs) -> list[dict[str, Any]]:
    """Answer the items in their order; raises Invalid before any is read where there are too many."""
    if len(goods) > MOST_ITEMS:
        raise _fault("/items", "too-long", f"A declaration has at most {MOST_ITEMS} goods items, not {len(goods)}.")
    earlier = _earlier(shipment)
    return [_item(item, place, earlier, repairs) for place, item in enumerate(goods)]


def _item(item: Element, place: int, earlier: str | None, repairs: Repairs) -> dict[str, Any]:
    at = f"/items/{place}"
    commodity = item.one("Commodity") or Element("Commodity")
    coded = [(_code(one), one) for one in item.all("AdditionalDocument")]
    papers = [(code, one) for code, one in coded if code in CITES_DOCUMENTS]
    exempt = any(code == NOT_CITES for code, _ in coded)
    stated = {
        "number": _number(item.said("SequenceNumeric"), place, at, repairs),
        "hs_code": _hs_code(commodity),
        "description": _description(commodity, at, repairs),
        "origin_country": _origin(item, at, repairs),
        "net_mass": _mass(commodity, at),
        **_quantity(commodity, [one for _, one in papers], at, repairs),
        "documents": _documents(papers, exempt, _earlier(item) or earlier, at, repairs),
    }
    return {name: value for name, value in stated.items() if value is not None}


def _number(said: str | None, place: int, at: str, repairs: Repairs) -> int:
    if said is None:
        repairs.note(f"{at}/number", "its place among the items, for it has no SequenceNumeric")
        return place + 1
    if not (len(said) <= 4 and said.isascii() and said.isdigit()):
        raise _fault(f"{at}/number", "not-a-number", "SequenceNumeric is a whole number from 1 to 9999.")
    return int(said)


def _hs_code(commodity: Element) -> str | None:
    """Answer the tariff code: of the combined nomenclature (TSP), else the first that is digits."""
    other = None
    for one in commodity.all("Classification"):
        kind, code = one.said("IdentificationTypeCode"), one.said("ID")
        if code is None or not _HS.fullmatch(code):
            continue
        if kind == "TSP":
            return code
        other = code if other is None and kind not in NO_TARIFF else other
    return other


def _description(commodity: Element, at: str, repairs: Repairs) -> str | None:
    said = commodity.said("Description")
    if said is not None and len(said) > LONGEST_DESCRIPTION:
        repairs.note(f"{at}/description", f"its first {LONGEST_DESCRIPTION} characters; the kept message has all")
        said = said[:LONGEST_DESCRIPTION].rstrip()
    return said


def _origin(item: Element, at: str, repairs: Repairs) -> str | None:
    """Answer the country of origin: the non-preferential one (type 1) before others, where it is a country."""
    found = item.all("Origin")
    if len(found) > 1:
        found.sort(key=lambda one: one.said("TypeCode") not in {"1", None})
    codes = [code for one in found if (code := one.said("CountryCode")) is not None]
    code = codes[0] if codes else None
    if code in SAME_COUNTRY:
        repairs.note(f"{at}/origin_country", f"{code}, which is {SAME_COUNTRY[code]} in ISO 3166-1")
        return SAME_COUNTRY[code]
    return code if code in countries() else None


def _mass(commodity: Element, at: str) -> str | None:
    said = commodity.said_in("GoodsMeasure", "NetNetWeightMeasure")
    return None if said is None else _positive(said, at, "net_mass", "NetNetWeightMeasure")


def _quantity(commodity: Element, papers: list[Element], at: str, repairs: Repairs) -> dict[str, Any]:
    """Answer quantity and unit: what is written off, else the supplementary quantity, else the net mass."""
    written_off = {}
    for paper in papers:
        for one in (off.one("QuantityQuantity") for off in paper.all("WriteOff")):
            if one is not None and one.text:
                amount, unit = _measure(one, at, "WriteOff/QuantityQuantity", repairs)
                written_off[amount, unit] = f"{amount} {unit} written off"
    if len(written_off) == 1:
        [(amount, unit)] = written_off
        return {"quantity": amount, "unit": unit}
    if written_off:
        amount, unit = max(written_off, key=lambda pair: Decimal(pair[0]))
        others = tuple(text for pair, text in written_off.items() if pair != (amount, unit))
        repairs.note(f"{at}/quantity", f"the largest WriteOff, {amount} {unit}", others)
        return {"quantity": amount, "unit": unit}
    supplementary = commodity.at("GoodsMeasure", "TariffQuantity")
    if supplementary is not None and supplementary.text:
        amount, unit = _measure(supplementary, at, "TariffQuantity", repairs)
        repairs.note(f"{at}/quantity", "GoodsMeasure/TariffQuantity, for nothing is written off")
        return {"quantity": amount, "unit": unit}
    mass = _mass(commodity, at)
    if mass is None:
        return {}
    repairs.note(f"{at}/quantity", "GoodsMeasure/NetNetWeightMeasure, for nothing else is stated")
    return {"quantity": mass, "unit": "kg"}


def _measure(element: Element, at: str, name: str, repairs: Repairs) -> tuple[str, str]:
    amount = _positive(element.text, at, "quantity", name)
    code = element.unit
    if code is None:
        repairs.note(f"{at}/unit", f"{name}, which names no unit: a number")
        return amount, "number"
    known = UNITS.get(code) or UNITS.get(code.partition("#")[0].strip().upper())
    if known is None:
        text = (
            f"unitCode {code[:20]} of {name} is none of those read here: {', '.join(sorted(UNITS))} (UN/ECE Rec. 20)."
        )
        raise _fault(f"{at}/unit", "unknown-unit", text)
    unit, factor = known
    return amount if factor == 1 else plain(EXACT.multiply(Decimal(amount), factor)), unit


def _positive(said: str, at: str, field: str, name: str) -> str:
    if said.isdigit() and said.isascii() and said[0] != "0" and len(said) <= 38:
        return said
    if not _NUMBER.fullmatch(said) or not said.strip("0.") or len(said) > 39:
        raise _fault(
            f"{at}/{field}", "not-a-quantity", f"{name} is a decimal above zero, of at most 38 digits: 118, 0.25."
        )
    plainly = said.lstrip("0")
    return f"0{plainly}" if plainly.startswith(".") else plainly


def _code(document: Element) -> str:
    return (document.said("CategoryCode") or "") + (document.said("TypeCode") or "")


def _documents(
    papers: list[tuple[str, Element]], exempt: bool, earlier: str | None, at: str, repairs: Repairs
) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [{"type": NOT_CITES}] if exempt else []
    for code, paper in papers:
        status = paper.said("LPCOExemptionCode")
        if status in NOT_PRESENTED:
            repairs.note(f"{at}/documents", f"{code} with status {status}: no such document is presented")
            continue
        made.append(_document(code, paper, earlier, f"{at}/documents/{len(made)}", repairs))
    return made


def _document(code: str, paper: Element, earlier: str | None, at: str, repairs: Repairs) -> dict[str, Any]:
    status = paper.said("LPCOExemptionCode")
    use = use_of(status)
    if use is None:
        repairs.note(f"{at}/use", f"status {status}, which does not say how it is used: exhausts")
    issuer = paper.said_in("Submitter", "Name") or ""
    stated = {
        "type": code,
        "number": paper.said("ID"),
        "issuer": issuer if issuer in countries() else None,
        "use": use or "exhausts",
        "counted_by": earlier if use == "already_counted" else None,
    }
    return {name: value for name, value in stated.items() if value is not None}


def _earlier(holder: Element) -> str | None:
    """Answer the earlier, simplified declaration that an item or a shipment names: what a use was attributed to."""
    for one in holder.all("PreviousDocument"):
        if one.said("TypeCode") in {"SDE", "CLE"} and (number := one.said("ID")) is not None:
            return number
    return None


def _fault(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid-body", detail, [Fault(pointer, code, detail)])
