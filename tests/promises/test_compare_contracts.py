"""The comparison of two descriptions of the contract: it finds what a partner notices, and nothing else."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.promises.compare_contracts import comparable, differences, main

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "openapi.json").read_text(encoding="utf-8"))
    return found


def test_comparison_of_renamed_components_and_reworded_texts_finds_no_difference(contract: dict[str, Any]) -> None:
    text = json.dumps(contract).replace("#/components/schemas/", "#/components/schemas/Renamed")
    renamed = json.loads(text)
    renamed["components"]["schemas"] = {f"Renamed{n}": s for n, s in renamed["components"]["schemas"].items()}
    for operations in renamed["paths"].values():
        for operation in operations.values():
            operation |= {"summary": "Other words", "operationId": "other", "description": "Other words"}
    assert renamed != contract
    assert list(differences(comparable(contract), comparable(renamed))) == []


@pytest.mark.parametrize("keyword", ["enum", "required", "properties", "maxLength", "pattern"])
def test_comparison_of_a_changed_schema_names_its_place(contract: dict[str, Any], keyword: str) -> None:
    changed = copy.deepcopy(contract)
    assert _change(changed, keyword)
    found = list(differences(comparable(contract), comparable(changed)))
    assert found and all(line.startswith(("/paths/", "/webhooks/")) for line in found)


def test_comparison_of_a_removed_property_called_description_finds_it(contract: dict[str, Any]) -> None:
    changed = copy.deepcopy(contract)
    removed = [
        schema["properties"].pop("description")
        for schema in changed["components"]["schemas"].values()
        if isinstance(schema.get("properties", {}).get("description"), dict)
    ]
    assert removed
    found = list(differences(comparable(contract), comparable(changed)))
    assert any(line.endswith("/properties/description is only before") for line in found)


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_comparison_as_a_command_reports_by_its_exit_status(name: str, tmp_path: Path) -> None:
    here = REFERENCE / name
    document = json.loads(here.read_text(encoding="utf-8"))
    document["paths" if name == "openapi.json" else "operations"].popitem()
    other = tmp_path / name
    other.write_text(json.dumps(document), encoding="utf-8")
    assert main([str(here), str(here)]) == 0
    assert main([str(here), str(other)]) == 1


def _change(document: dict[str, Any], keyword: str) -> bool:
    """Change the first schema of the operation that lodges a declaration which has a keyword."""
    waiting = [document["components"]["schemas"]["Declaration"]]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, dict) and "$ref" in node:
            node = document["components"]["schemas"][node["$ref"].rpartition("/")[2]]
        if isinstance(node, dict) and keyword in node:
            found = node[keyword]
            changed = {int: 1, str: "x", list: ["x"]}
            node[keyword] = {**found, "x": {}} if isinstance(found, dict) else found + changed[type(found)]
            return True
        waiting.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    return False
