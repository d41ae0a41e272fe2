"""The measures of a goods item in a customs message: write-offs, the supplementary quantity, and the net mass.

Each measure has its `unitCode`. A write-off belongs to the document that has it, so two equal ones are two.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.gateway.formats.customs_codes import UNITS
from services.gateway.formats.wco_repairs import Repairs
from services.gateway.formats.xml_parser import Element
from shared.cites.units import UNITS as DIMENSIONS
from shared.contracts.closed_sets import Unit
from shared.contracts.quantities import EXACT, format_quantity
from shared.problems import Fault, Invalid

_NUMBER = re.compile(r"[0-9]{1,38}(\.[0-9]{1,38})?")
_KILOGRAM = DIMENSIONS[Unit.KG]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A quantity as the contract writes it, and its unit. The unit of `is_unitless` is a guess: a number."""

    amount: str
    unit: Unit
    is_unitless: bool = False

    @property
    def dimension(self) -> str:
        """The dimension of the unit. Measures of one dimension have an exact sum."""
        return DIMENSIONS[self.unit][0]

    @property
    def smallest_units(self) -> Decimal:
        """The amount in the smallest unit of the dimension."""
        return EXACT.multiply(Decimal(self.amount), DIMENSIONS[self.unit][1])

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


@dataclass(frozen=True, kw_only=True)
class ItemMeasures:
    """The fields of an item, and of each document that it presents, that come from measures."""

    item: dict[str, Any]
    documents: list[dict[str, Any]]


def parse_measures(
    commodity: Element,
    presented: list[Element],
    *,
    first_place: int,
    cites_documents: bool,
    pointer: str,
    repairs: Repairs,
) -> ItemMeasures:
    """Return quantity, unit and net mass of an item, and the write-offs of the documents that it presents.

    `first_place` is the place of the first of them among the documents of the item. `cites_documents` is whether the
    item cites a document, even one that is not presented.
    """
    goods = commodity.child("GoodsMeasure") or Element("GoodsMeasure")
    mass = _mass(goods.child("NetNetWeightMeasure"), pointer)
    fields = {} if mass is None else {"net_mass": mass}
    if len(presented) == 1:
        places = [pointer]
    else:
        places = [f"{pointer}/documents/{first_place + n}" for n in range(len(presented))]
    totals = [_written_off(one, place, repairs) for one, place in zip(presented, places, strict=True)]
    stated = [one for one in totals if one is not None]
    if not stated:
        return ItemMeasures(
            item=fields | _without_write_off(goods, mass, cites_documents, pointer, repairs),
            documents=[{}] * len(totals),
        )
    supplementary = _supplementary(goods.child("TariffQuantity"), stated, pointer)
    if len(presented) == 1 and (supplementary is None or supplementary.smallest_units == stated[0].smallest_units):
        return ItemMeasures(item=fields | _fields(stated[0]), documents=[{}])
    quantity = supplementary or _sum_of_documents(stated, pointer, repairs)
    return ItemMeasures(
        item=fields | _fields(quantity), documents=[{} if one is None else _fields(one) for one in totals]
    )


def _fields(measure: Measure) -> dict[str, Any]:
    return {"quantity": measure.amount, "unit": measure.unit}


def _written_off(document: Element, pointer: str, repairs: Repairs) -> Measure | None:
    """Return the sum of the write-offs of a document; None if it has none. Other dimensions are a repair."""
    found = [
        _measure(one, pointer, "WriteOff/QuantityQuantity")
        for one in (off.child("QuantityQuantity") for off in document.children("WriteOff"))
        if one is not None and one.text
    ]
    if not found:
        return None
    total = found[0]
    if len(found) > 1:
        total = _sum([one for one in found if one.dimension == total.dimension])
        others = tuple(str(one) for one in found if one.dimension != total.dimension)
        if others:
            repairs.add(f"{pointer}/quantity", f"the WriteOff of {total}", others)
        else:
            repairs.add(f"{pointer}/quantity", f"the sum of {len(found)} WriteOff: {' + '.join(map(str, found))}")
    if total.is_unitless:
        repairs.add(f"{pointer}/unit", "WriteOff/QuantityQuantity, which names no unit: a number")
    return total


def _sum_of_documents(stated: list[Measure], pointer: str, repairs: Repairs) -> Measure:
    """Return the sum of the write-offs of several documents. Those of other dimensions are a repair."""
    same = [one for one in stated if one.dimension == stated[0].dimension]
    total = _sum(same)
    others = tuple(str(one) for one in stated if one.dimension != stated[0].dimension)
    parts = " + ".join(map(str, same))
    repairs.add(f"{pointer}/quantity", f"the sum of the documents: {parts}", others)
    if total.is_unitless:
        repairs.add(f"{pointer}/unit", "WriteOff/QuantityQuantity, which names no unit: a number")
    return total


def _sum(measures: list[Measure]) -> Measure:
    """Return the exact sum of measures of one dimension, in the unit of the first."""
    first = measures[0]
    if len(measures) == 1:
        return first
    total = Decimal(0)
    for one in measures:
        total = EXACT.add(total, one.smallest_units)
    amount = format_quantity(EXACT.divide(total, DIMENSIONS[first.unit][1]))
    return Measure(amount=amount, unit=first.unit, is_unitless=all(one.is_unitless for one in measures))


def _supplementary(element: Element | None, stated: list[Measure], pointer: str) -> Measure | None:
    """Return the supplementary quantity, if its unit is stated and of the dimension of the write-offs."""
    if element is None or not element.text or element.unit is None:
        return None
    measure = _measure(element, pointer, "TariffQuantity")
    return measure if measure.dimension == stated[0].dimension else None


def _without_write_off(
    goods: Element, mass: str | None, cites_documents: bool, pointer: str, repairs: Repairs
) -> dict[str, Any]:
    """Return quantity and unit of an item without a write-off: the supplementary quantity, else the net mass."""
    supplementary = goods.child("TariffQuantity")
    if supplementary is not None and supplementary.text:
        measure = _measure(supplementary, pointer, "TariffQuantity")
        if measure.is_unitless:
            repairs.add(f"{pointer}/unit", "TariffQuantity, which names no unit: a number")
        repairs.add(f"{pointer}/quantity", "GoodsMeasure/TariffQuantity, because there is no WriteOff")
        return _fields(measure)
    if mass is None:
        return _unmeasured(goods, cites_documents, pointer, repairs)
    repairs.add(f"{pointer}/quantity", "GoodsMeasure/NetNetWeightMeasure, because there is no other measure")
    return {"quantity": mass, "unit": Unit.KG}


def _unmeasured(goods: Element, cites_documents: bool, pointer: str, repairs: Repairs) -> dict[str, Any]:
    """Return the quantity of an item without a measure of its goods, as a simplified declaration may be.

    It is the gross mass, which includes the packaging, else one. If the item cites a document, an officer decides,
    because the hub writes the quantity off.
    """
    others = ("the quantity of the supplementary declaration",) if cites_documents else ()
    gross = goods.child("GrossMassMeasure")
    if gross is not None and gross.text and (gross.unit is None or gross.unit in UNITS):
        measure = _measure(gross, pointer, "GrossMassMeasure")
        if measure.is_unitless:  # a message that names no unit means kilograms
            measure = Measure(amount=measure.amount, unit=Unit.KG)
        if measure.dimension == _KILOGRAM[0]:
            repairs.add(f"{pointer}/quantity", "GoodsMeasure/GrossMassMeasure, which includes the packaging", others)
            return _fields(measure)
    repairs.add(f"{pointer}/quantity", "no measure, because the message has none: one", others)
    repairs.add(f"{pointer}/unit", "no measure, because the message has none: a number")
    return {"quantity": "1", "unit": Unit.NUMBER}


def _mass(element: Element | None, pointer: str) -> str | None:
    """Return the net mass in kg. It has no unit in most messages, and is in kg then."""
    if element is None or not element.text:
        return None
    if element.unit is None:
        return _positive(element.text, f"{pointer}/net_mass", "NetNetWeightMeasure")
    measure = _measure(element, pointer, "NetNetWeightMeasure", field="net_mass", unit_field="net_mass")
    if measure.dimension != _KILOGRAM[0]:
        text = f"Expected a unitCode of weight in NetNetWeightMeasure, such as KGM. Found: {element.unit[:20]}."
        raise _invalid(f"{pointer}/net_mass", "unknown-unit", text)
    if measure.unit is Unit.KG:
        return measure.amount
    return format_quantity(EXACT.divide(measure.smallest_units, _KILOGRAM[1]))


def _measure(
    element: Element, pointer: str, name: str, *, field: str = "quantity", unit_field: str = "unit"
) -> Measure:
    """Return a measure with its unit. Raise Invalid if it is no quantity, or if its unit is unknown."""
    amount = _positive(element.text, f"{pointer}/{field}", name)
    code = element.unit
    if code is None:
        return Measure(amount=amount, unit=Unit.NUMBER, is_unitless=True)
    conversion = UNITS.get(code) or UNITS.get(code.partition("#")[0].strip().upper())
    if conversion is None:
        text = f"Expected a unitCode of {name} (UN/ECE Rec. 20): {', '.join(sorted(UNITS))}. Found: {code[:20]}."
        raise _invalid(f"{pointer}/{unit_field}", "unknown-unit", text)
    unit, factor = conversion
    if factor != 1:
        amount = format_quantity(EXACT.multiply(Decimal(amount), factor))
    return Measure(amount=amount, unit=unit)


def _positive(value: str, pointer: str, name: str) -> str:
    if value.isdigit() and value.isascii() and value[0] != "0" and len(value) <= 38:
        return value
    if not _NUMBER.fullmatch(value) or not value.strip("0.") or len(value) > 39:
        text = f"Expected {name} as a decimal above zero, of at most 38 digits, such as 0.25."
        raise _invalid(pointer, "not-a-quantity", text)
    stripped = value.lstrip("0")
    return f"0{stripped}" if stripped.startswith(".") else stripped


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid-body", detail, [Fault(pointer, code, detail)])
