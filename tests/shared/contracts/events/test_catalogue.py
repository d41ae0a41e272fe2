"""The catalogue of events: every type has its model, its meaning and an example that its published schema allows."""

from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from shared.cites.events import EVENT_SENTENCES, EventType
from shared.contracts.events.catalogue import CATALOGUE, DATA_MODELS, data_schemas, standalone_schema, validate_data
from shared.contracts.events.examples import EXAMPLE_DATA

TOLD_OF_A_THING = {
    "declaration": {"declaration_id", "reference", "status"},
    "permit": {"permit_id", "issuer", "number", "status"},
}


def test_every_type_has_a_model_and_an_example_and_nothing_else_has() -> None:
    assert set(EventType) == EVENT_SENTENCES.keys() == DATA_MODELS.keys() == EXAMPLE_DATA.keys()
    assert len(set(DATA_MODELS.values())) == len(DATA_MODELS)


@pytest.mark.parametrize("kind", CATALOGUE)
def test_an_example_is_what_the_model_and_the_published_schema_say(kind: EventType) -> None:
    entry = CATALOGUE[kind]
    validate_data(kind, entry.example["data"])
    validator = jsonschema_rs.validator_for(standalone_schema(entry))
    validator.validate(entry.example)
    assert not validator.is_valid(entry.example | {"type": "something.else"})


@pytest.mark.parametrize("kind", CATALOGUE)
def test_data_names_its_subject_and_its_place_in_the_sequence(kind: EventType) -> None:
    entry = CATALOGUE[kind]
    wanted = TOLD_OF_A_THING.get(entry.family, set()) | {"sequence"}
    assert wanted <= set(data_schemas(ref="{model}")[entry.model.__name__]["required"])


def test_what_is_not_described_is_not_sent() -> None:
    told = EXAMPLE_DATA[EventType.DECLARATION_ACCEPTED]
    for wrong in ({**told, "importer": "B SARL"}, {**told, "status": "released"}, _without(told, "reference")):
        with pytest.raises(ValidationError):
            validate_data("declaration.accepted", wrong)
    with pytest.raises(ValueError, match="forgotten"):
        validate_data("declaration.forgotten", told)


def test_readers_may_meet_fields_that_are_new() -> None:
    entry = CATALOGUE[EventType.PERMIT_USED]
    line = {**EXAMPLE_DATA[EventType.PERMIT_USED]["lines"][0], "marks": ["ZA 1"]}
    newer = entry.example | {"data": {**EXAMPLE_DATA[EventType.PERMIT_USED], "lines": [line], "colour": "green"}}
    jsonschema_rs.validator_for(standalone_schema(entry)).validate(newer)


def _without(told: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != name}
