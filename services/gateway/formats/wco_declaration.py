"""A declaration as `application/xml`: the WCO Declaration of version 2 or 3, with or without MetaData.

docs/wco.md lists the source of each field. Elements that are not about wildlife have no effect; the stored bytes
contain them. A value from another place than its own is recorded as a repair.
"""

from typing import Any

from services.gateway.formats.customs_codes import (
    COUNTRY_ALIASES,
    EXPORT_PROCEDURES,
    IMPORT_PROCEDURES,
    TRANSIT_TYPES,
    TRANSPORT_CATEGORIES,
    TRANSPORT_DOCUMENT_TYPES,
)
from services.gateway.formats.wco_items import parse_items
from services.gateway.formats.wco_parties import parse_party
from services.gateway.formats.wco_pointers import with_element_names
from services.gateway.formats.wco_repairs import Repairs
from services.gateway.formats.xml_parser import Element, parse_xml
from shared.contracts.closed_sets import Movement
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.limits import NORMALIZED_BYTES
from shared.contracts.parties import Party
from shared.problems import Fault, Invalid
from shared.strict_json import validate_and_render

ORIGINAL_CODES = frozenset({"9", "09"})


def parse(body: bytes, lodger: Party) -> tuple[NormalizedDeclaration, bytes]:
    """Parse a customs declaration and return it with its JSON. Raise Invalid with a pointer per fault.

    `lodger` is the party that sends it. A message often names that side only by its identifier.
    """
    message = _declaration_element(parse_xml(body))
    _require_original(message)
    repairs = Repairs()
    content = _declaration_content(message, lodger, repairs)
    content["repairs"] = repairs.entries
    try:
        declaration, rendered = validate_and_render(NormalizedDeclaration, content)
    except Invalid as error:
        raise with_element_names(error) from None
    if len(rendered) > NORMALIZED_BYTES:
        raise Invalid(
            "body-too-large",
            f"With the fields that the hub completes, the declaration has more than {NORMALIZED_BYTES} bytes. Send "
            "fewer goods items in one declaration.",
        )
    return declaration, rendered


def _declaration_element(root: Element) -> Element:
    if root.name == "MetaData":
        kind = root.child_text("WCOTypeName")
        if kind is not None and kind != "DEC":
            raise _invalid("", "not-a-declaration", f"Expected WCOTypeName DEC, a declaration. Found: {kind[:20]}.")
        inner = root.child("Declaration")
        if inner is None:
            raise _invalid("", "not-a-declaration", "Expected an element Declaration in MetaData.")
        return inner
    if root.name != "Declaration":
        raise _invalid(
            "", "not-a-declaration", f"Expected the root element MetaData or Declaration. Found: {root.name[:60]}."
        )
    return root


def _require_original(message: Element) -> None:
    code = message.child_text("FunctionCode")
    if code is not None and code not in ORIGINAL_CODES:
        text = f"Expected FunctionCode 9, an original. Found: {code[:10]}. Amend by PUT; cancel by POST …/cancellation."
        raise _invalid("", "not-an-original", text)


def _declaration_content(message: Element, lodger: Party, repairs: Repairs) -> dict[str, Any]:
    shipment = message.child("GoodsShipment") or Element("GoodsShipment")
    goods = shipment.children("GovernmentAgencyGoodsItem")
    movement = _movement(message, goods)
    exporting = None if movement is Movement.IMPORT else lodger
    importing = None if movement is Movement.EXPORT else lodger
    exporter = parse_party("exporter", _exporter(message, shipment, goods), exporting, repairs)
    importer = parse_party("importer", _importer(message, shipment, goods), importing, repairs)
    export_country = _country("export_country", ("ExportCountry", "ID"), shipment, goods, exporter, repairs)
    import_country = _country("import_country", ("Destination", "CountryCode"), shipment, goods, importer, repairs)
    _default_party_country("exporter", exporter, export_country, repairs)
    _default_party_country("importer", importer, import_country, repairs)
    content: dict[str, Any] = {
        "reference": message.child_text("FunctionalReferenceID"),
        "movement": movement,
        "exporter": exporter,
        "importer": importer,
        "export_country": export_country,
        "import_country": import_country,
        "customs_office": message.child_text("DeclarationOfficeID")
        or message.descendant_text("PresentationOffice", "ID"),
        "transport_document": _transport(message, shipment, goods, repairs),
        "items": parse_items(shipment, goods, repairs),
    }
    return {name: value for name, value in content.items() if value is not None}


def _movement(message: Element, goods: list[Element]) -> Movement | None:
    """Return the movement from the type of the declaration, else from the procedure of the first item."""
    code = message.child_text("TypeCode") or ""
    kind = code[:2]
    if code in TRANSIT_TYPES:
        return Movement.TRANSIT
    if kind in {"IM", "EX"}:
        return Movement.IMPORT if kind == "IM" else Movement.EXPORT
    procedures = goods[0].children("GovernmentProcedure") if goods else []
    digit = (procedures[0].child_text("CurrentCode") or "")[:1] if procedures else ""
    if not digit:
        return None
    return Movement.IMPORT if digit in IMPORT_PROCEDURES else Movement.EXPORT if digit in EXPORT_PROCEDURES else None


def _exporter(message: Element, shipment: Element, goods: list[Element]) -> Element | None:
    """Return the element of the party that sends the goods: the outermost one first, the seller last."""
    found = message.child("Exporter") or shipment.child("Exporter") or shipment.child("Consignor")
    first = goods[0] if goods and found is None else Element("GovernmentAgencyGoodsItem")
    return (
        found
        or first.child("Exporter")
        or first.child("Consignor")
        or first.child("Seller")
        or shipment.child("Seller")
    )


def _importer(message: Element, shipment: Element, goods: list[Element]) -> Element | None:
    """Return the element of the party that receives the goods: the outermost one first, the buyer last."""
    found = shipment.child("Importer") or message.child("Importer") or shipment.child("Consignee")
    first = goods[0] if goods and found is None else Element("GovernmentAgencyGoodsItem")
    return (
        found or first.child("Importer") or first.child("Consignee") or first.child("Buyer") or shipment.child("Buyer")
    )


def _country(
    field: str,
    path: tuple[str, str],
    shipment: Element,
    goods: list[Element],
    party: dict[str, Any],
    repairs: Repairs,
) -> str | None:
    """Return the country of one end: from the shipment, else from its items, else from the party at that end."""
    name = "/".join(path)
    if (code := shipment.descendant_text(*path)) is not None:
        return iso_country(f"/{field}", code, repairs)
    codes = list(dict.fromkeys(code for item in goods if (code := item.descendant_text(*path)) is not None))
    if codes:
        repairs.add(f"/{field}", f"{name} of the goods item", tuple(codes[1:]))
        return iso_country(f"/{field}", codes[0], repairs)
    if (home := party.get("country")) is not None:
        repairs.add(f"/{field}", "the country of the " + ("exporter" if field == "export_country" else "importer"))
    return home


def iso_country(pointer: str, code: str, repairs: Repairs) -> str:
    """Return a country of ISO 3166-1. Customs have other codes for some countries and their parts."""
    if code in COUNTRY_ALIASES:
        repairs.add(pointer, f"{code}, which is {COUNTRY_ALIASES[code]} in ISO 3166-1")
    return COUNTRY_ALIASES.get(code, code)


def _default_party_country(role: str, party: dict[str, Any], code: str | None, repairs: Repairs) -> None:
    if "country" not in party and party and code is not None:
        party["country"] = code
        repairs.add(f"/{role}/country", "the country at that end of the movement")


def _transport(message: Element, shipment: Element, goods: list[Element], repairs: Repairs) -> str | None:
    """Return the number of the bill of lading, waybill or consignment note, from any document of the message.

    Several numbers are a repair that names them. A house and a master waybill have different types, and are one
    transport: the first counts. If two documents have one type, an officer decides which one is meant.
    """
    found: dict[str, str | None] = {}
    contract = shipment.descendant("Consignment")
    for one in contract.children("TransportContractDocument") if contract is not None else ():
        if (number := one.child_text("ID")) is not None:
            found.setdefault(number, one.child_text("TypeCode"))
    holders = (shipment, *goods, message)
    for one in (d for h in holders for n in ("AdditionalDocument", "PreviousDocument") for d in h.children(n)):
        kind, number = one.child_text("TypeCode"), one.child_text("ID")
        if kind in TRANSPORT_DOCUMENT_TYPES and one.child_text("CategoryCode") in TRANSPORT_CATEGORIES and number:
            found.setdefault(number, kind)
    if not found:
        return None
    first, *others = found
    if others:
        names = ", ".join(others)
        kinds = list(found.values())
        is_one_transport = None not in kinds and len(set(kinds)) == len(kinds)
        if is_one_transport:
            repairs.add("/transport_document", f"the first transport document, {first}; the message also has {names}")
        else:
            repairs.add("/transport_document", f"the first transport document, {first}", tuple(others))
    return first


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid-body", detail, [Fault(pointer, code, detail)])
