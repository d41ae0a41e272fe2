"""The webhooks in OpenAPI: each event type as the request that the hub sends to an endpoint."""

from typing import Any

from services.gateway.api.routing.tags import WEBHOOKS
from shared.contracts.events.catalogue import CATALOGUE, CatalogueEntry, data_schemas, event_schema

REF = "#/components/schemas/{model}"
_HEADERS = {
    "webhook-id": "Event id, the same in every repetition",
    "webhook-timestamp": "Time of the attempt, in seconds since 1970",
    "webhook-signature": "Standard Webhooks: `v1,` HMAC-SHA256 and `v1a,` Ed25519 signatures, separated by blanks",
}
_RESPONSES = {
    "2XX": {"description": "Received. The hub does not send the event again"},
    "410": {"description": "The hub disables the endpoint and sends nothing more"},
    "429": {"description": "Too fast. The hub sends nothing to the endpoint until `Retry-After`"},
    "default": {"description": "The hub sends the event again, by its schedule or after `Retry-After`"},
}


def webhook_operations() -> dict[str, Any]:
    """Describe the request of every type of event, by the type."""
    return {entry.code: {"post": _request(entry)} for entry in CATALOGUE.values()}


def event_schemas() -> dict[str, Any]:
    """Return the schemas of the data of all event types, as components."""
    return data_schemas(ref=REF)


def _request(entry: CatalogueEntry) -> dict[str, Any]:
    content = {"schema": event_schema(entry, ref=REF), "example": entry.example}
    return {
        "summary": entry.sentence,
        "description": f"{entry.meaning}\n\nReceived by: {entry.audience}.",
        "operationId": f"on_{entry.code.replace('.', '_')}",
        "tags": [WEBHOOKS.name],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}
            for name, description in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": _RESPONSES,
    }
