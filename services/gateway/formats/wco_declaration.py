"""A declaration as `application/xml`: the WCO Data Model's Declaration, versions 2 and 3, with or without its MetaData.

What stands where is told in docs/wco.md. Elements that are not about wildlife are left alone; they are kept with the
bytes. What is taken from elsewhere than its own place is told as a repair.
"""

from typing import Any

from services.gateway.formats.customs_codes import EXPORTS, IMPORTS, OF_TRANSPORT, SAME_COUNTRY, TRANSPORT
from services.gateway.formats.wco_items import items_of
from services.gateway.formats.wco_parties import party_of
from services.gateway.formats.wco_pointers import in_their_words
from services.gateway.formats.wco_repairs import Repairs
from services.gateway.formats.xml_parser import Element, parse_xml
from shared.contracts.declaration import InsideDeclaration
from shared.contracts.parties import Party
from shared.problems import Fault, Invalid
from shared.strict_json import write

ORIGINAL = frozenset({"9", "09"})


def read(body: bytes, lodger: Party) -> tuple[InsideDeclaration, bytes]:
    """Read a customs declaration, and write it as JSON; raises Invalid with a pointer for each fault.

    `lodger` is who sends it: a message names its own side often by identifier alone, and that party is known.
    """
    message = _declaration(parse_xml(body))
    _demand_original(message)
    repairs = Repairs()
    stated = _whole(message, lodger, repairs)
    stated["repairs"] = repairs.made
    try:
        return write(InsideDeclaration, stated)
    except Invalid as error:
        raise in_their_words(error) from None


def _declaration(root: Element) -> Element:
    if root.name == "MetaData":
        kind = root.said("WCOTypeName")
        if kind is not None and kind != "DEC":
            raise _invalid("", "not-a-declaration", f"WCOTypeName is {kind[:20]}; a declaration is DEC.")
        inner = root.one("Declaration")
        if inner is None:
            raise _invalid("", "not-a-declaration", "MetaData holds no Declaration.")
        return inner
    if root.name != "Declaration":
        raise _invalid("", "not-a-declaration", f"The root is {root.name[:60]}; send MetaData or Declaration.")
    return root


def _demand_original(message: Element) -> None:
    code = message.said("FunctionCode")
    if code is not None and code not in ORIGINAL:
        text = f"FunctionCode is {code[:10]}; send 9. Amend by PUT, cancel by POST …/cancellation."
        raise _invalid("", "not-an-original", text)


def _whole(message: Element, lodger: Party, repairs: Repairs) -> dict[str, Any]:
    shipment = message.one("GoodsShipment") or Element("GoodsShipment")
    goods = shipment.all("GovernmentAgencyGoodsItem")
    movement = _movement(message, goods)
    exports = movement == "export"
    exporter = party_of("exporter", _exporter(message, shipment, goods), lodger if exports else None, repairs)
    importer = party_of("importer", _importer(message, shipment, goods), None if exports else lodger, repairs)
    out = _country("export_country", ("ExportCountry", "ID"), shipment, goods, exporter, repairs)
    into = _country("import_country", ("Destination", "CountryCode"), shipment, goods, importer, repairs)
    _country_of_party("exporter", exporter, out, repairs)
    _country_of_party("importer", importer, into, repairs)
    stated: dict[str, Any] = {
        "reference": message.said("FunctionalReferenceID"),
        "movement": movement,
        "exporter": exporter,
        "importer": importer,
        "export_country": out,
        "import_country": into,
        "customs_office": message.said("DeclarationOfficeID") or message.said_in("PresentationOffice", "ID"),
        "transport_document": _transport(message, shipment, goods),
        "items": items_of(shipment, goods, repairs),
    }
    return {name: value for name, value in stated.items() if value is not None}


def _movement(message: Element, goods: list[Element]) -> str | None:
    """Answer the movement: by the first letters of the type, else by the procedure of the first item."""
    kind = (message.said("TypeCode") or "")[:2]
    if kind in {"IM", "EX"}:
        return "import" if kind == "IM" else "export"
    procedures = goods[0].all("GovernmentProcedure") if goods else []
    digit = (procedures[0].said("CurrentCode") or "")[:1] if procedures else ""
    return "import" if digit in IMPORTS and digit else "export" if digit in EXPORTS and digit else None


def _exporter(message: Element, shipment: Element, goods: list[Element]) -> Element | None:
    """Answer the element that names who sends the goods: the nearest to the top, the seller last of all."""
    found = message.one("Exporter") or shipment.one("Exporter") or shipment.one("Consignor")
    first = goods[0] if goods and found is None else Element("GovernmentAgencyGoodsItem")
    return found or first.one("Exporter") or first.one("Consignor") or first.one("Seller") or shipment.one("Seller")


def _importer(message: Element, shipment: Element, goods: list[Element]) -> Element | None:
    """Answer the element that names who receives them, likewise; the buyer last of all."""
    found = shipment.one("Importer") or message.one("Importer") or shipment.one("Consignee")
    first = goods[0] if goods and found is None else Element("GovernmentAgencyGoodsItem")
    return found or first.one("Importer") or first.one("Consignee") or first.one("Buyer") or shipment.one("Buyer")


def _country(
    field: str,
    path: tuple[str, str],
    shipment: Element,
    goods: list[Element],
    party: dict[str, Any],
    repairs: Repairs,
) -> str | None:
    """Answer the country of one end: of the shipment, else of its items, else of the party at that end."""
    name = "/".join(path)
    if (code := shipment.said_in(*path)) is not None:
        return same_country(f"/{field}", code, repairs)
    codes = list(dict.fromkeys(code for item in goods if (code := item.said_in(*path)) is not None))
    if codes:
        repairs.note(f"/{field}", f"{name} of the goods item", tuple(codes[1:]))
        return same_country(f"/{field}", codes[0], repairs)
    if (home := party.get("country")) is not None:
        repairs.note(f"/{field}", "the country of the " + ("exporter" if field == "export_country" else "importer"))
    return home


def same_country(pointer: str, code: str, repairs: Repairs) -> str:
    """Answer a country in ISO 3166-1 where customs have a code of their own for it or a part of it."""
    if code in SAME_COUNTRY:
        repairs.note(pointer, f"{code}, which is {SAME_COUNTRY[code]} in ISO 3166-1")
    return SAME_COUNTRY.get(code, code)


def _country_of_party(role: str, party: dict[str, Any], code: str | None, repairs: Repairs) -> None:
    if "country" not in party and party and code is not None:
        party["country"] = code
        repairs.note(f"/{role}/country", "the country at that end of the movement")


def _transport(message: Element, shipment: Element, goods: list[Element]) -> str | None:
    """Answer the bill of lading, waybill or consignment note, wherever among the documents it is named."""
    contract = shipment.at("Consignment")
    for one in contract.all("TransportContractDocument") if contract is not None else ():
        if (number := one.said("ID")) is not None:
            return number
    holders = (shipment, *goods, message)
    for one in (d for h in holders for n in ("AdditionalDocument", "PreviousDocument") for d in h.all(n)):
        if one.said("TypeCode") in TRANSPORT and one.said("CategoryCode") in OF_TRANSPORT:
            return one.said("ID")
    return None


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid-body", detail, [Fault(pointer, code, detail)])
