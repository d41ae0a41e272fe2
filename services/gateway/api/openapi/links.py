"""Where one goes on from an answer: OpenAPI's links, from what was made to everything that can be asked of it."""

from collections.abc import Iterator
from typing import Any

MADE = ("lodge_declaration", "add_permit", "apply_for_permit", "add_endpoint", "grant_mandate", "add_party")
"""Operations whose answer is a new thing with an `id`; its own operations stand below their path."""
OTHERS: dict[str, dict[str, dict[str, str]]] = {
    "give_credential": {
        name: {"id": "$request.path.id", "client_id": "$response.body#/client_id"}
        for name in ("rotate_credential", "end_credential")
    },
    "list_deliveries": {"retry_delivery": {"id": "$response.body#/data/0/id"}},
    "pull_events": {"acknowledge_event": {"id": "$response.body#/data/0/id"}},
}


def link(paths: dict[str, Any]) -> None:
    """Add to each answer that makes or lists something the operations that can be asked of it."""
    for path, item in paths.items():
        for operation in item.values():
            name = operation["operationId"]
            found = dict(_of_its_own(paths, path)) if name in MADE else OTHERS.get(name)
            for status, answer in operation["responses"].items() if found else ():
                if status < "300":
                    answer["links"] = {to: {"operationId": to, "parameters": how} for to, how in (found or {}).items()}


def _of_its_own(paths: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, str]]]:
    for other, item in paths.items():
        if other.startswith(path + "/{id}") and other.count("{") == 1:
            for operation in item.values():
                yield operation["operationId"], {"id": "$response.body#/id"}
