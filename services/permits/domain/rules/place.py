"""The place of a finding in words: the item, the permit and the line, so that a person finds it without a pointer."""

from collections.abc import Sequence

from shared.contracts.declaration import Item
from shared.contracts.findings import CitedLine


def describe_place(pointer: str, items: Sequence[Item], cited_line: CitedLine | None) -> str:
    """Return the place of a finding, such as `Item 2, permit ZA-2026-000123 (ZA), line A`."""
    steps = pointer.split("/")[1:]
    is_in_item = len(steps) > 1 and steps[0] == "items"
    parts = [f"item {items[int(steps[1])].number}"] if is_in_item else []
    if cited_line is not None:
        parts.append(f"permit {cited_line.number} ({cited_line.issuer})")
        parts += [f"line {cited_line.line}"] if is_in_item and cited_line.line else []
    elif is_in_item and steps[2:3] == ["documents"] and len(steps) > 3:
        parts.append(f"document {int(steps[3]) + 1}")
    place = ", ".join(parts) or _describe_part(steps)
    return place[0].upper() + place[1:]


def _describe_part(steps: Sequence[str]) -> str:
    return steps[0].replace("_", " ") if steps and steps[0] not in {"", "items"} else "declaration"
