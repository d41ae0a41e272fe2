"""Where one goes on from an answer: OpenAPI's links, from what was made to everything that can be asked of it."""

from collections.abc import Iterator
from typing import Any

CREATING_OPERATIONS = (
    "lodge_declaration",
    "add_permit",
    "apply_for_permit",
    "add_endpoint",
    "grant_mandate",
    "add_party",
)
"""Operations whose answer is a new thing with an `id`; its own operations stand below their path."""
OTHER_LINKS: dict[str, dict[str, dict[str, str]]] = {
    "give_credential": {
        name: {"id": "$request.path.id", "client_id": "$response.body#/client_id"}
        for name in ("rotate_credential", "end_credential")
    },
    "list_deliveries": {"retry_delivery": {"id": "$response.body#/data/0/id"}},
    "pull_events": {"acknowledge_event": {"id": "$response.body#/data/0/id"}},
}


def add_links(paths: dict[str, Any]) -> None:
    """Add to each answer that makes or lists something the operations that can be asked of it."""
    for path, item in paths.items():
        for operation in item.values():
            name = operation["operationId"]
            found = dict(_own_operations(paths, path)) if name in CREATING_OPERATIONS else OTHER_LINKS.get(name)
            for status, response in operation["responses"].items() if found else ():
                if status < "300":
                    response["links"] = {
                        to: {"operationId": to, "parameters": parameters} for to, parameters in (found or {}).items()
                    }


def _own_operations(paths: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, str]]]:
    for other, item in paths.items():
        if other.startswith(path + "/{id}") and other.count("{") == 1:
            for operation in item.values():
                yield operation["operationId"], {"id": "$response.body#/id"}
