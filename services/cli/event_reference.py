"""The catalogue of events as a page for people, and as AsyncAPI 3.0 for programs."""

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from shared.contracts.events.catalogue import AUDIENCE_BY_FAMILY, CATALOGUE, CatalogueEntry, data_schemas, event_schema

REF = "#/components/schemas/{model}"
CHANNELS = {
    "declaration": "declarations",
    "permit": "permits",
    "quota": "quotas",
    "application": "applications",
    "endpoint": "endpoints",
    "event": "acknowledgements",
}
INTRO = """# Events

The hub sends the same events by webhooks and by `GET /v1/events`: the same bytes under the same ids. An endpoint names
event types, a family such as `declaration.*`, or `*`. [asyncapi.json](asyncapi.json) is this page for programs
(AsyncAPI 3.0). `GET /v1/reference/event-types` returns each type with its JSON schema. `saola listen` shows events as
they come.

```json
{"id": "…", "type": "declaration.released", "timestamp": "2026-03-16T09:30:00.000000Z", "data": {…}}
```

- The `id` of an event is the same at every attempt. Store it, and skip an event whose id you have already handled.
- `data.sequence` increases by one with each event of a subject. A receiver of all types sees no gap. Events of one
  subject arrive in this order; events of different subjects arrive in any order.
- An event has at most 256 kB of data. It names at most 50 lines, and a field such as `lines_omitted` counts the others.
  Read its subject for the rest.
- Later versions may add fields: ignore fields that you do not know. An optional field is omitted, never null.
- Each webhook has a signature by [Standard Webhooks](https://www.standardwebhooks.com). Its headers are `webhook-id`
  (the event's id), `webhook-timestamp` and `webhook-signature`.
- An endpoint with `"format": "cloudevents"` receives binary mode of CloudEvents 1.0. The event's attributes are
  headers, such as `ce-id`. The body is the `data` alone. The signature covers this body.
"""
_HEADERS = {
    "webhook-id": ("The event's id", {"format": "uuid"}),
    "webhook-timestamp": ("The time of the attempt, in seconds since 1970", {"pattern": "^[0-9]+$"}),
    "webhook-signature": ("`v1,` and `v1a,` signatures over id, timestamp and body, separated by blanks", {}),
}
_CLOUD_HEADERS = {
    "ce-specversion": ("The version of CloudEvents", {"const": "1.0"}),
    "ce-id": ("The event's id", {"format": "uuid"}),
    "ce-source": ("The hub's event feed", {"format": "uri-reference"}),
    "ce-type": ("The event's type", {}),
    "ce-subject": ("The event's subject, kind:id", {}),
    "ce-time": ("The time at which it happened", {"format": "date-time"}),
    "ce-sequence": ("Its place among the events of the subject, from 1", {"pattern": "^[0-9]+$"}),
    "ce-sequencetype": ("The kind of sequence: a number that increases by one", {"const": "Integer"}),
}


def render_page() -> str:
    """Return the catalogue as a Markdown page."""
    parts = [INTRO, "## All types\n", _table(("type", "when"), ((_link(e), e.sentence) for e in CATALOGUE.values()))]
    for family, entries in groupby(CATALOGUE.values(), key=lambda entry: entry.family):
        parts += [f"## {CHANNELS[family].capitalize()}\n", f"{AUDIENCE_BY_FAMILY[family]}.\n"]
        parts += [_section(entry) for entry in entries]
    parts += ["## Parts\n", "Objects that several event types contain.\n", *_parts()]
    return "\n".join(parts)


def _link(entry: CatalogueEntry) -> str:
    return f"[`{entry.code}`](#{entry.code.replace('.', '')})"


def _section(entry: CatalogueEntry) -> str:
    example = json.dumps(entry.example["data"], indent=1, ensure_ascii=False)
    table = _fields(data_schemas(ref=REF)[entry.model.__name__])
    return f"### {entry.code}\n\n{entry.meaning}\n\n{table}\n```json\n{example}\n```\n"


def _parts() -> list[str]:
    event_models = {entry.model.__name__ for entry in CATALOGUE.values()}
    parts = {name: schema for name, schema in data_schemas(ref=REF).items() if name not in event_models}
    return [
        f"### {name}\n\n{schema['description']}\n\n{_describe_part(schema)}" for name, schema in sorted(parts.items())
    ]


def _describe_part(schema: dict[str, Any]) -> str:
    return f"One of {_describe_type(schema)}.\n" if "enum" in schema else _fields(schema)


def _fields(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = (
        (f"`{name}`", _describe_type(field), "always" if name in required else "", field.get("description", ""))
        for name, field in schema["properties"].items()
    )
    return _table(("field", "is", "there", "meaning"), rows)


def _describe_type(field: dict[str, Any]) -> str:
    """Return the type of a field in a few words."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_describe_type(field['items'])}"
    return str(field.get("format") or field.get("type") or "")


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def render_asyncapi() -> str:
    """Return the catalogue as AsyncAPI 3.0: the hub sends, the subscribers receive."""
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Saola events",
            "version": "1",
            "description": "The events of the hub, as signed webhooks and in the feed /v1/events: see events.md.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(family) for family, name in CHANNELS.items()},
        "operations": {f"tell_of_{name}": _operation(family) for family, name in CHANNELS.items()},
        "components": {
            "messages": {entry.code: _message(entry) for entry in CATALOGUE.values()}
            | {_binary_mode_name(entry): _cloud_message(entry) for entry in CATALOGUE.values()},
            "schemas": data_schemas(ref=REF),
            "messageTraits": {
                "signed": {"headers": _headers(_HEADERS, required=True)},
                "cloudevents": {"headers": _headers(_HEADERS | _CLOUD_HEADERS, required=True)},
            },
        },
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _codes(family: str) -> list[str]:
    """Return the names of the messages of a family, in both formats."""
    entries = [entry for entry in CATALOGUE.values() if entry.family == family]
    return [entry.code for entry in entries] + [_binary_mode_name(entry) for entry in entries]


def _binary_mode_name(entry: CatalogueEntry) -> str:
    return f"{entry.code}.cloudevents"


def _channel(family: str) -> dict[str, Any]:
    return {
        "address": None,
        "title": CHANNELS[family].capitalize(),
        "description": f"Audience: {AUDIENCE_BY_FAMILY[family]}. The address is the URL of the party's own endpoint.",
        "messages": {code: {"$ref": f"#/components/messages/{code}"} for code in _codes(family)},
    }


def _operation(family: str) -> dict[str, Any]:
    channel = f"#/channels/{CHANNELS[family]}"
    return {
        "action": "send",
        "summary": f"Send events about {CHANNELS[family]}",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{code}"} for code in _codes(family)],
        "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
    }


def _message(entry: CatalogueEntry) -> dict[str, Any]:
    return {
        "name": entry.code,
        "title": entry.sentence,
        "summary": entry.meaning,
        "contentType": "application/json",
        "payload": event_schema(entry, ref=REF),
        "examples": [{"name": "example", "payload": entry.example}],
        "traits": [{"$ref": "#/components/messageTraits/signed"}],
    }


def _cloud_message(entry: CatalogueEntry) -> dict[str, Any]:
    """Return a message in the format `cloudevents`: the body is its data alone."""
    return {
        "name": entry.code,
        "title": f"{entry.sentence} (CloudEvents)",
        "summary": "The same in binary mode of CloudEvents 1.0",
        "contentType": "application/json",
        "payload": {"$ref": REF.format(model=entry.model.__name__)},
        "examples": [{"name": "example", "payload": entry.example["data"]}],
        "traits": [{"$ref": "#/components/messageTraits/cloudevents"}],
    }


def _headers(headers: dict[str, tuple[str, dict[str, str]]], *, required: bool) -> dict[str, Any]:
    fields = {
        name: {"type": "string", "description": description, **more} for name, (description, more) in headers.items()
    }
    return {"type": "object", "properties": fields, **({"required": list(headers)} if required else {})}
