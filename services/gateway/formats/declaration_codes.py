"""Customs codes in a declaration as JSON: units of UN/ECE Rec. 20, and other codes of countries.

The hub takes them as it takes them in customs XML. It records each as a repair, so a note shows the reading.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from services.gateway.formats.wco_repairs import Repairs
from shared.cites.customs_codes import COUNTRY_ALIASES, find_unit
from shared.contracts.closed_sets import Unit
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.limits import ITEMS, NORMALIZED_BYTES
from shared.contracts.quantities import EXACT, MAX_DIGITS, format_quantity
from shared.problems import Invalid
from shared.strict_json import parse_json, validate_and_render

READABLE_CODES = frozenset({"unknown-unit", "unknown-country"})
"""Codes of faults that a customs code may cause."""
_UNITS = frozenset(Unit)


def parse_customs_codes(body: bytes) -> tuple[NormalizedDeclaration, bytes] | None:
    """Return a declaration with its customs codes in the hub's own codes, and its JSON; None if it has none.

    `body` is one that the contract refuses. Raise Invalid with the faults that remain.
    """
    content = parse_json(body)
    if not isinstance(content, dict) or "repairs" in content:  # only the hub writes repairs
        return None
    repairs = Repairs()
    for pointer, holder, field in _countries(content):
        _repair_country(holder, field, f"{pointer}/{field}", repairs)
    for pointer, item in _objects(content, "items", ""):
        _repair_unit(item, pointer, repairs)
    if not repairs.entries:
        return None
    declaration, rendered = validate_and_render(NormalizedDeclaration, content | {"repairs": repairs.entries})
    if len(rendered) > NORMALIZED_BYTES:
        text = f"With the notes about its codes, the declaration has more than {NORMALIZED_BYTES} bytes. "
        raise Invalid("body-too-large", f"{text}State the codes that GET /v1/reference lists.")
    return declaration, rendered


def _objects(holder: dict[str, Any], field: str, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a list, each with its JSON Pointer."""
    found = holder.get(field)
    for index, one in enumerate(found[:ITEMS] if isinstance(found, list) else ()):
        if isinstance(one, dict):
            yield f"{pointer}/{field}/{index}", one


def _countries(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield each place of a declaration that may state a country: a pointer, the object and the field."""
    yield "", content, "export_country"
    yield "", content, "import_country"
    for side in ("exporter", "importer"):
        if isinstance(party := content.get(side), dict):
            yield f"/{side}", party, "country"
    for pointer, item in _objects(content, "items", ""):
        yield pointer, item, "origin_country"
        yield pointer, item, "acquired_in"
        for document_pointer, document in _objects(item, "documents", pointer):
            yield document_pointer, document, "issuer"


def _repair_country(holder: dict[str, Any], field: str, pointer: str, repairs: Repairs) -> None:
    code = holder.get(field)
    if isinstance(code, str) and code in COUNTRY_ALIASES:
        holder[field] = COUNTRY_ALIASES[code]
        repairs.add(pointer, f"{code}, which is {COUNTRY_ALIASES[code]} in ISO 3166-1")


def _repair_unit(item: dict[str, Any], pointer: str, repairs: Repairs) -> None:
    """Write the unit of the hub in place of a customs code, and the quantity in that unit.

    The repair is of the quantity: the unit is stated, not missing.
    """
    code, quantity = item.get("unit"), _as_decimal(item.get("quantity"))
    conversion = find_unit(code) if isinstance(code, str) and code not in _UNITS else None
    if conversion is None or quantity is None:
        return
    unit, factor = conversion
    item["unit"] = unit
    item["quantity"] = format_quantity(EXACT.multiply(quantity, factor))
    repairs.add(f"{pointer}/quantity", f"{format_quantity(quantity)} {code} (UN/ECE Rec. 20), in {unit}")


def _as_decimal(value: object) -> Decimal | None:
    """Return a quantity as a decimal; None if the contract refuses it whatever its unit is."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or len(str(value)) > 2 * MAX_DIGITS:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MAX_DIGITS else None
