"""The catalogue of events: for each type its meaning, its audience, the schema of its data and an example.

The models refuse unknown fields, so the hub sends nothing undocumented. The published schemas allow them, because the
hub may add fields. A receiver ignores fields that it does not know.
"""

import json
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.cites.events import EVENT_SENTENCES, EventType
from shared.contracts.events import applications as a
from shared.contracts.events import declarations as d
from shared.contracts.events import endpoints as e
from shared.contracts.events import permits as p
from shared.contracts.events import quotas as q
from shared.contracts.events.examples import EXAMPLE_DATA
from shared.contracts.events.parts import EventData

DATA_MODELS: dict[EventType, type[EventData]] = {
    EventType.DECLARATION_RECEIVED: d.DeclarationReceived,
    EventType.DECLARATION_ACCEPTED: d.DeclarationAccepted,
    EventType.DECLARATION_REFERRED: d.DeclarationReferred,
    EventType.DECLARATION_REJECTED: d.DeclarationRejected,
    EventType.DECLARATION_RELEASED: d.DeclarationReleased,
    EventType.DECLARATION_REFUSED: d.DeclarationRefused,
    EventType.DECLARATION_CANCELLED: d.DeclarationCancelled,
    EventType.DECLARATION_AMENDED: d.DeclarationAmended,
    EventType.DECLARATION_OVERRIDDEN: d.DeclarationOverridden,
    EventType.DECLARATION_CONSENTED: d.DeclarationConsented,
    EventType.DECLARATION_CORRECTED: d.DeclarationCorrected,
    EventType.PERMIT_ISSUED: p.PermitIssued,
    EventType.PERMIT_ENDORSED: p.PermitEndorsed,
    EventType.PERMIT_USED: p.PermitUsed,
    EventType.PERMIT_EXHAUSTED: p.PermitExhausted,
    EventType.PERMIT_REVOKED: p.PermitRevoked,
    EventType.PERMIT_REPLACED: p.PermitReplaced,
    EventType.PERMIT_LOST: p.PermitLost,
    EventType.PERMIT_FOUND: p.PermitFound,
    EventType.PERMIT_TAKEN_OVER: p.PermitTakenOver,
    EventType.PERMIT_EXPIRING: p.PermitExpiring,
    EventType.PERMIT_EXPIRED: p.PermitExpired,
    EventType.PERMIT_SECOND_USE_ATTEMPTED: p.PermitSecondUseAttempted,
    EventType.QUOTA_NEAR: q.QuotaNear,
    EventType.QUOTA_REACHED: q.QuotaReached,
    EventType.APPLICATION_SUBMITTED: a.ApplicationSubmitted,
    EventType.APPLICATION_ASSESSED: a.ApplicationAssessed,
    EventType.APPLICATION_QUERIED: a.ApplicationQueried,
    EventType.APPLICATION_ANSWERED: a.ApplicationAnswered,
    EventType.APPLICATION_GRANTED: a.ApplicationGranted,
    EventType.APPLICATION_REFUSED: a.ApplicationRefused,
    EventType.APPLICATION_WITHDRAWN: a.ApplicationWithdrawn,
    EventType.ENDPOINT_VERIFICATION: e.EndpointVerification,
    EventType.ENDPOINT_TEST: e.EndpointTest,
    EventType.ENDPOINT_DISABLED: e.EndpointDisabled,
    EventType.EVENT_ACKNOWLEDGED: e.EventAcknowledged,
}
"""The one model of each event type. The data of an event are always an instance of it."""
_TYPES_BY_MODEL = {model: event_type for event_type, model in DATA_MODELS.items()}
_OFFICES = "customs and authorities of its countries, and partners with a grant for one"
AUDIENCE_BY_FAMILY: dict[str, str] = {
    "declaration": f"Its trader, the party that lodged it, {_OFFICES}",
    "permit": f"Its holders, parties that cited it or read it by token, {_OFFICES}",
    "quota": "The authority of its country, and partners with a grant for it",
    "application": "The authority that decides, and, except of an assessment, the applicant and its agent",
    "endpoint": "Its owner",
    "event": "The sender of the declaration, permit or application that the event was about",
}
_EXAMPLE_ID, _EXAMPLE_TIMESTAMP = "0190c0de-0000-5000-8000-00000000e7e4", "2026-03-16T09:30:00.000000Z"


def event_type_of(data: EventData) -> EventType:
    """Return the type of the event that has these data."""
    return _TYPES_BY_MODEL[type(data)]


@dataclass(frozen=True, kw_only=True)
class CatalogueEntry:
    """The description of one event type for its receivers."""

    code: EventType
    sentence: str
    model: type[EventData]
    example: dict[str, Any]

    @property
    def family(self) -> str:
        """The family of the type: declaration, permit, quota, application, endpoint or event."""
        return self.code.family

    @property
    def meaning(self) -> str:
        """The meaning of the type: what happened and what follows."""
        return f"{self.sentence}. {' '.join((self.model.__doc__ or '').split())}"

    @property
    def audience(self) -> str:
        """The parties that receive the event."""
        return AUDIENCE_BY_FAMILY[self.family]


CATALOGUE: dict[EventType, CatalogueEntry] = {
    code: CatalogueEntry(
        code=code,
        sentence=sentence,
        model=DATA_MODELS[code],
        example={
            "id": _EXAMPLE_ID,
            "type": code.value,
            "timestamp": _EXAMPLE_TIMESTAMP,
            "data": EXAMPLE_DATA[code],
        },
    )
    for code, sentence in EVENT_SENTENCES.items()
}


def validate_data(event_type: str, data: dict[str, Any]) -> None:
    """Raise ValidationError if data do not match the model of this type, ValueError if there is no such type."""
    CATALOGUE[EventType(event_type)].model.model_validate_json(json.dumps(data))


def data_schemas(*, ref: str) -> dict[str, dict[str, Any]]:
    """Return the JSON schemas of all data and their parts by model name. `ref` is the template of references."""
    models = [(entry.model, "serialization") for entry in CATALOGUE.values()]
    _, found = models_json_schema(models, ref_template=ref)  # type: ignore[arg-type]
    plain = json.loads(json.dumps(found["$defs"]))  # a limit becomes a number without its words
    schemas: dict[str, dict[str, Any]] = _allow_additional_properties(plain)
    return schemas


def event_schema(entry: CatalogueEntry, *, ref: str) -> dict[str, Any]:
    """Return the JSON schema of a complete event, with its data by reference."""
    return {
        "type": "object",
        "required": ["id", "type", "timestamp", "data"],
        "properties": {
            "id": {"type": "string", "format": "uuid", "description": "The same in every repetition"},
            "type": {"const": entry.code.value},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened, in UTC"},
            "data": {"$ref": ref.format(model=entry.model.__name__)},
        },
    }


def standalone_schema(entry: CatalogueEntry) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of an event of this type, without external references."""
    ref = "#/$defs/{model}"
    every = data_schemas(ref=ref)
    needed = _reachable_models(every, entry.model.__name__)
    base = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": entry.code.value}
    return base | event_schema(entry, ref=ref) | {"$defs": {name: every[name] for name in sorted(needed)}}


def _reachable_models(schemas: dict[str, dict[str, Any]], name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += [other for other in schemas if f'/{other}"' in json.dumps(schemas[here])]
    return found


def _allow_additional_properties(node: Any) -> Any:
    """Return a schema that allows more fields, and in which an optional field is left out, never null.

    A field without a default is always sent, so it may be null.
    """
    if isinstance(node, list):
        return [_allow_additional_properties(part) for part in node]
    if not isinstance(node, dict):
        return node
    properties = {name: _allow_additional_properties(part) for name, part in node.items() if not _is_noise(name, part)}
    is_optional = ("default", None) in properties.items()
    if is_optional and "anyOf" in properties and {"type": "null"} in properties["anyOf"]:
        [only] = [part for part in properties.pop("anyOf") if part != {"type": "null"}]
        properties = {**only, **{name: part for name, part in properties.items() if (name, part) != ("default", None)}}
    return properties


def _is_noise(name: str, part: Any) -> bool:
    return (name, part) == ("additionalProperties", False) or (name == "title" and isinstance(part, str))
