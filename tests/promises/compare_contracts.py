"""Compare two descriptions of the public contract, and report what differs for a partner.

`python -m tests.promises.compare_contracts BEFORE AFTER` takes two files of the same kind (`openapi.json` or
`asyncapi.json`). It resolves every `$ref`; it drops descriptions, summaries, titles, tags, operation ids and the names
of components; it sorts the rest. The exit status is 0 where both say the same, 1 where they do not.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DROPPED = frozenset({"description", "summary", "title", "operationId", "tags"})
"""Words for people, and names that no partner sends or receives."""
NAMES = frozenset(
    "properties patternProperties responses headers content paths callbacks channels operations messages links "
    "mapping securitySchemes".split()
)
"""Keywords whose children have names of their own: a property that is called `description` is not dropped."""
VALUES = frozenset({"example", "examples", "default", "enum", "const", "required", "security"})
"""Keywords that hold values, not descriptions."""


def comparable(document: dict[str, Any]) -> Any:
    """Return what a description says to a partner, in one order."""
    security = document.get("components", {}).get("securitySchemes", {})
    kept = {name: value for name, value in document.items() if name not in {"components", "info"}}
    return _plain({**kept, "securitySchemes": security}, document, ())


def _plain(node: Any, document: dict[str, Any], within: tuple[str, ...], *, names: bool = False) -> Any:
    if isinstance(node, list):
        return sorted((_plain(one, document, within) for one in node), key=_order)
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and not names:
        if reference in within:
            return {"$ref": f"{len(within) - within.index(reference)} levels up"}
        rest = {name: value for name, value in node.items() if name != "$ref"}
        target = _plain(_target(reference, document), document, (*within, reference))
        return {**target, **_plain(rest, document, within)} if rest else target
    result = {}
    for name, value in node.items():
        if names:
            result[name] = _plain(_mapped(value, document), document, within)
        elif name in VALUES:
            result[name] = sorted(value, key=_order) if isinstance(value, list) else value
        elif name not in DROPPED:
            result[name] = _plain(value, document, within, names=name in NAMES and isinstance(value, dict))
    return result


def _mapped(value: Any, document: dict[str, Any]) -> Any:
    """Return the schema that a discriminator names by a reference."""
    return {"$ref": value} if isinstance(value, str) and value.startswith("#/") else value


def _target(reference: str, document: dict[str, Any]) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """Return the places at which two comparable descriptions differ, as JSON Pointers, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            pointer = f"{place}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in before or name not in after:
                yield f"{pointer} is only {'after' if name in after else 'before'}"
            else:
                yield from differences(before[name], after[name], pointer)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{place}/{number}")
    elif before != after:
        yield f"{place}: {_order(before)[:200]} became {_order(after)[:200]}"


def main(arguments: list[str]) -> int:
    """Compare two files."""
    before, after = (comparable(json.loads(Path(name).read_text(encoding="utf-8"))) for name in arguments)
    found = list(differences(before, after))
    for line in found:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(found)} differences for a partner.\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
