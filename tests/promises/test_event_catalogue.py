"""Each event type is built from its model. `conftest` compares the events that tests cause with the catalogue."""

import ast
from collections.abc import Iterator
from pathlib import Path

from shared.cites.events import EventType
from shared.contracts.events.catalogue import DATA_MODELS

SERVICES = Path(__file__).resolve().parents[2] / "services"


def _calls() -> Iterator[str]:
    """Return the names of all that permits and notifications call: the models they build among them."""
    for service in ("permits", "notifications"):
        for file in sorted((SERVICES / service).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield node.func.id


def test_event_type_in_use_is_built_from_its_model() -> None:
    called = set(_calls())
    missing = {event_type for event_type, model in DATA_MODELS.items() if model.__name__ not in called}
    assert not missing, f"no service builds the data of these: {sorted(missing)}"


def test_event_type_in_a_service_is_never_a_string() -> None:
    written = {
        (file.relative_to(SERVICES).as_posix(), node.value)
        for file in sorted(SERVICES.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in set(EventType)
    }
    assert not written
