"""Customs codes in a declaration as JSON: units of UN/ECE Rec. 20, and other codes of countries."""

import json
from typing import Any

import pytest

from services.gateway.formats import declaration_json
from services.gateway.formats.customs_codes import UNITS
from shared.cites.customs_codes import COUNTRY_ALIASES
from shared.contracts.closed_sets import Role
from shared.contracts.declaration import Declaration, NormalizedDeclaration
from shared.contracts.parties import Party
from shared.database import new_id
from shared.problems import Invalid
from tests.gateway.conftest import declaration

LODGER = Party(id=new_id(), name="B SARL", country="FR", roles=(Role.TRADER,), identifiers={})


def _parse(**changes: Any) -> tuple[Declaration, bytes]:
    made = declaration("R-1")
    goods = changes.pop("item", {})
    made["items"] = [one | goods for one in made["items"]]
    return declaration_json.parse(json.dumps(made | changes).encode(), LODGER)


@pytest.mark.parametrize("code", sorted(UNITS))
def test_unit_of_customs_is_taken_with_a_note(code: str) -> None:
    found, normalized = _parse(item={"unit": code, "quantity": "2.5"})
    unit, factor = UNITS[code]
    stored = NormalizedDeclaration.model_validate_json(normalized)
    assert (stored.items[0].unit, stored.items[0].quantity) == (unit, factor * 5 / 2)
    assert found == stored
    [repair] = stored.repairs
    assert (repair.pointer, repair.source) == ("/items/0/quantity", f"2.5 {code} (UN/ECE Rec. 20), in {unit}")


@pytest.mark.parametrize("code", sorted(COUNTRY_ALIASES))
def test_country_of_customs_is_taken_with_a_note_in_each_place(code: str) -> None:
    country = COUNTRY_ALIASES[code]
    cited = {"type": "C400", "number": "N-1", "issuer": code}
    exporter = {"name": "A", "country": code, "identifier": "ZA1234567"}
    found, normalized = _parse(
        export_country=code, exporter=exporter, item={"origin_country": code, "acquired_in": code, "documents": [cited]}
    )
    stored = NormalizedDeclaration.model_validate_json(normalized)
    assert found.export_country == stored.exporter.country == stored.items[0].origin_country == country
    assert stored.items[0].documents[0].issuer == stored.items[0].acquired_in == country
    places = {"/export_country", "/exporter/country", "/items/0/origin_country", "/items/0/documents/0/issuer"}
    places.add("/items/0/acquired_in")
    assert {repair.pointer for repair in stored.repairs} == places


def test_declaration_without_customs_codes_goes_to_permits_unchanged() -> None:
    body = json.dumps(declaration("R-1")).encode()
    found, normalized = declaration_json.parse(body, LODGER)
    assert normalized is body and type(found) is Declaration


@pytest.mark.parametrize(("changes", "faults"), [
    ({"item": {"unit": "sack"}}, [("/items/0/unit", "unknown-unit")]),
    ({"export_country": "QQ"}, [("/export_country", "unknown-country")]),
    ({"item": {"unit": "KGM", "term": "XYZ"}}, [("/items/0/term", "unknown-term")]),
    ({"item": {"unit": "KGM", "quantity": "-1"}}, [("/items/0/quantity", "not-positive")]),
    ({"item": {"unit": "KGM", "quantity": "many"}}, [("/items/0/quantity", "not-a-quantity"),
                                                    ("/items/0/unit", "unknown-unit")]),
    ({"item": {"unit": "MIL", "quantity": "9" * 38}}, [("/items/0/quantity", "too-many-digits")]),
    ({"item": {"unit": "KGM"}, "repairs": []}, [("/items/0/unit", "unknown-unit"), ("/repairs", "unknown-field")]),
])  # fmt: skip
def test_faults_of_a_body_with_customs_codes_are_named(changes: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as caught:
        _parse(**changes)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == faults


def test_unknown_code_of_a_declaration_has_a_suggestion() -> None:
    with pytest.raises(Invalid) as caught:
        _parse(item={"term": "skin"})
    assert caught.value.faults[0].detail.endswith("Found: skin. Did you mean SKI (skin)?")
