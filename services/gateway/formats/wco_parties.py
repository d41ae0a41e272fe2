"""Exporter and importer of a customs message: named in one of several roles, often only by identifier."""

import re
from typing import Any

from services.gateway.formats.customs_codes import COUNTRY_ALIASES
from services.gateway.formats.wco_repairs import Repairs
from services.gateway.formats.xml_parser import Element
from shared.contracts.identifiers import has_identifier
from shared.contracts.parties import Party


def parse_party(role: str, element: Element | None, lodger: Party | None, repairs: Repairs) -> dict[str, Any]:
    """Return one side from the element that names it. `lodger` is the sender of the message, if that is its side."""
    if element is None:
        return {}
    found = _party_content(element)
    is_lodger = lodger is not None and has_identifier(lodger.identifier_values, found.get("identifier"))
    if element.name.lower() != role:
        repairs.add(f"/{role}", element.name)
    if "name" not in found and lodger is not None and is_lodger:
        repairs.add(f"/{role}/name", f"the party that {found['identifier']} is of")
        found["name"] = lodger.name
    if "country" not in found and lodger is not None and is_lodger:
        repairs.add(f"/{role}/country", f"the party that {found['identifier']} is of")
        found["country"] = lodger.country
    if "name" not in found and "identifier" in found:
        repairs.add(f"/{role}/name", "its identifier, because it has no name")
        found["name"] = found["identifier"]
    return found


def _party_content(element: Element) -> dict[str, Any]:
    code = element.descendant_text("Address", "CountryCode")
    content = {
        "name": _name_in_one_line(element.child_text("Name")),
        "country": COUNTRY_ALIASES.get(code, code) if code is not None else None,
        "identifier": element.child_text("ID"),
    }
    return {name: value for name, value in content.items() if value is not None}


def _name_in_one_line(name: str | None) -> str | None:
    """Return a name without the line breaks that an XML writer adds where it indents."""
    return name if name is None or name.isprintable() else re.sub(r"[ \t]*[\r\n][ \t]*", " ", name)
