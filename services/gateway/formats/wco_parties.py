"""Exporter and importer of a customs message: named in one of several roles, often by identifier alone."""

from typing import Any

from services.gateway.formats.customs_codes import SAME_COUNTRY
from services.gateway.formats.wco_repairs import Repairs
from services.gateway.formats.xml_parser import Element
from shared.contracts.parties import Party


def party_of(role: str, named: Element | None, lodger: Party | None, repairs: Repairs) -> dict[str, Any]:
    """Answer one side from the element that names it; `lodger` is who sends the message, where it is its side."""
    if named is None:
        return {}
    found = _stated(named)
    known = lodger is not None and found.get("identifier") in lodger.numbers
    if named.name.lower() != role:
        repairs.note(f"/{role}", named.name)
    if "name" not in found and lodger is not None and known:
        repairs.note(f"/{role}/name", f"the party that {found['identifier']} is of")
        found["name"] = lodger.name
    if "country" not in found and lodger is not None and known:
        repairs.note(f"/{role}/country", f"the party that {found['identifier']} is of")
        found["country"] = lodger.country
    if "name" not in found and "identifier" in found:
        repairs.note(f"/{role}/name", "its identifier, for it is not named")
        found["name"] = found["identifier"]
    return found


def _stated(element: Element) -> dict[str, Any]:
    code = element.said_in("Address", "CountryCode")
    stated = {
        "name": element.said("Name"),
        "country": SAME_COUNTRY.get(code, code) if code is not None else None,
        "identifier": element.said("ID"),
    }
    return {name: value for name, value in stated.items() if value is not None}
