"""Every type of event that permits can write stands in the catalogue; what it writes is held against it in conftest."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from services.permits.domain.lifecycle import DECLARATION_EVENT_TYPES
from shared.cites.events import EVENT_TYPES

DOMAIN = Path(__file__).resolve().parents[2] / "services" / "permits" / "domain"
TYPE = re.compile(r"(declaration|permit|quota|application)\.[a-z_]+")


def _named() -> Iterator[tuple[str, str]]:
    """Answer every type of event that is written down where moves are made, and the file."""
    for file in sorted(DOMAIN.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and TYPE.fullmatch(node.value):
                yield node.value, file.name


def test_every_type_that_a_move_may_tell_is_in_the_catalogue() -> None:
    told = dict(_named()) | dict.fromkeys(DECLARATION_EVENT_TYPES.values(), "lifecycle.py")
    assert len(told) > 10
    missing = {kind: file for kind, file in told.items() if kind not in EVENT_TYPES}
    assert not missing, f"add these to shared/cites/events.py and shared/contracts/events/: {missing}"
