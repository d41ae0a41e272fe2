"""What OpenAPI says of webhooks: each type of event as the request that the hub makes to an endpoint."""

from typing import Any

from services.gateway.api.routing.tags import WEBHOOKS
from shared.contracts.events.catalogue import CATALOGUE, CatalogueEntry, data_schemas, event_schema

REF = "#/components/schemas/{model}"
_HEADERS = {
    "webhook-id": "The event's id: the same however often it is sent",
    "webhook-timestamp": "Seconds since 1970 at which it was sent",
    "webhook-signature": "Standard Webhooks: `v1,` HMAC-SHA256 and `v1a,` Ed25519 signatures, blank between",
}
_RESPONSES = {
    "2XX": {"description": "It is yours; it is not sent again"},
    "410": {"description": "Nothing is to be sent here any more: the endpoint is disabled"},
    "429": {"description": "Too fast: all that waits is sent after `Retry-After`"},
    "default": {"description": "Sent again by the schedule; `Retry-After` is honoured"},
}


def webhook_operations() -> dict[str, Any]:
    """Describe the request of every type of event, by the type."""
    return {entry.code: {"post": _request(entry)} for entry in CATALOGUE.values()}


def event_schemas() -> dict[str, Any]:
    """Answer the schemas that the requests name, as components."""
    return data_schemas(ref=REF)


def _request(entry: CatalogueEntry) -> dict[str, Any]:
    content = {"schema": event_schema(entry, ref=REF), "example": entry.example}
    return {
        "summary": entry.sentence,
        "description": f"{entry.meaning}\n\nHeard by: {entry.audience}.",
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
