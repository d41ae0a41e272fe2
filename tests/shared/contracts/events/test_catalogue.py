"""The catalogue of events: each type has a model, a sentence and an example that fits the published schema."""

import json
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from shared.cites.events import EVENT_SENTENCES, EventType
from shared.contracts.events.catalogue import CATALOGUE, DATA_MODELS, data_schemas, standalone_schema, validate_data
from shared.contracts.events.examples import EXAMPLE_DATA
from shared.contracts.limits import EVENT_DATA_BYTES

REQUIRED_FIELDS = {
    "declaration": {"declaration_id", "reference", "status"},
    "permit": {"permit_id", "issuer", "number", "status"},
}


def test_event_type_has_one_model_one_sentence_and_one_example() -> None:
    assert set(EventType) == EVENT_SENTENCES.keys() == DATA_MODELS.keys() == EXAMPLE_DATA.keys()
    assert len(set(DATA_MODELS.values())) == len(DATA_MODELS)


@pytest.mark.parametrize("kind", CATALOGUE)
def test_example_of_event_type_fits_model_and_published_schema(kind: EventType) -> None:
    entry = CATALOGUE[kind]
    validate_data(kind, entry.example["data"])
    validator = jsonschema_rs.validator_for(standalone_schema(entry))
    validator.validate(entry.example)
    assert not validator.is_valid(entry.example | {"type": "something.else"})


@pytest.mark.parametrize("kind", CATALOGUE)
def test_data_of_event_type_requires_subject_and_sequence(kind: EventType) -> None:
    entry = CATALOGUE[kind]
    wanted = REQUIRED_FIELDS.get(entry.family, set()) | {"sequence"}
    assert wanted <= set(data_schemas(ref="{model}")[entry.model.__name__]["required"])


@pytest.mark.parametrize("kind", CATALOGUE)
def test_data_of_event_type_with_the_largest_values_fit_their_limit(kind: EventType) -> None:
    schemas = data_schemas(ref="{model}")
    largest = _largest_size(schemas[CATALOGUE[kind].model.__name__], schemas)
    assert len(json.dumps(EXAMPLE_DATA[kind])) <= largest <= EVENT_DATA_BYTES


def _largest_size(schema: dict[str, Any], schemas: dict[str, dict[str, Any]]) -> int:
    """Return the most bytes that a value of a schema has as JSON. Raise KeyError if the schema has no limit."""
    if "$ref" in schema:
        return _largest_size(schemas[schema["$ref"]], schemas)
    if "anyOf" in schema:
        return max(_largest_size(part, schemas) for part in schema["anyOf"])
    if schema.get("type") == "null":
        return len("null")
    if "enum" in schema or "const" in schema:
        return max(len(json.dumps(value)) for value in schema.get("enum", [schema.get("const")]))
    match schema["type"]:
        case "object":
            return 2 + sum(
                len(name) + 4 + _largest_size(of_name, schemas) for name, of_name in schema["properties"].items()
            )
        case "array":
            return 2 + int(schema["maxItems"]) * (1 + _largest_size(schema["items"], schemas))
        case "integer" | "boolean":
            return 20
    if schema.get("format") in {"uuid", "date", "date-time"}:
        return 40
    if schema.get("pattern") == "^[A-Z]{2}$":
        return 4
    if schema.get("pattern") == "^[A-Z0-9]{1,4}$":
        return 6
    return 2 + 6 * int(schema["maxLength"])  # JSON escapes a control character in six bytes


def test_data_that_differs_from_model_is_refused() -> None:
    data = EXAMPLE_DATA[EventType.DECLARATION_ACCEPTED]
    for wrong in ({**data, "importer": "B SARL"}, {**data, "status": "released"}, _without(data, "reference")):
        with pytest.raises(ValidationError):
            validate_data("declaration.accepted", wrong)
    with pytest.raises(ValueError, match="forgotten"):
        validate_data("declaration.forgotten", data)


def test_published_schema_for_readers_allows_unknown_fields() -> None:
    entry = CATALOGUE[EventType.PERMIT_USED]
    line = {**EXAMPLE_DATA[EventType.PERMIT_USED]["lines"][0], "marks": ["ZA 1"]}
    newer = entry.example | {"data": {**EXAMPLE_DATA[EventType.PERMIT_USED], "lines": [line], "colour": "green"}}
    jsonschema_rs.validator_for(standalone_schema(entry)).validate(newer)


def _without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}
