"""The catalogue of events: of each type its meaning, who hears it, the shape of its data and an example.

The models refuse unknown fields, so that nothing is sent that is not described; the schemas that are published allow
them, for fields may be added, and a reader passes over what it does not know.
"""

import json
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.cites.events import EVENT_TYPES
from shared.contracts.events import applications as a
from shared.contracts.events import declarations as d
from shared.contracts.events import endpoints as e
from shared.contracts.events import permits as p
from shared.contracts.events import quotas as q
from shared.contracts.events.examples import EXAMPLE_DATA
from shared.contracts.events.parts import EventData

DATA_MODELS: dict[str, type[EventData]] = {
    "declaration.received": d.DeclarationReceived,
    "declaration.accepted": d.DeclarationAccepted,
    "declaration.referred": d.DeclarationReferred,
    "declaration.rejected": d.DeclarationRejected,
    "declaration.released": d.DeclarationReleased,
    "declaration.refused": d.DeclarationRefused,
    "declaration.cancelled": d.DeclarationCancelled,
    "declaration.amended": d.DeclarationAmended,
    "declaration.overridden": d.DeclarationOverridden,
    "declaration.consented": d.DeclarationConsented,
    "declaration.corrected": d.DeclarationCorrected,
    "permit.issued": p.PermitIssued,
    "permit.endorsed": p.PermitEndorsed,
    "permit.used": p.PermitUsed,
    "permit.exhausted": p.PermitExhausted,
    "permit.revoked": p.PermitRevoked,
    "permit.replaced": p.PermitReplaced,
    "permit.lost": p.PermitLost,
    "permit.found": p.PermitFound,
    "permit.expiring": p.PermitExpiring,
    "permit.expired": p.PermitExpired,
    "permit.second_use_attempted": p.PermitSecondUseAttempted,
    "quota.near": q.QuotaNear,
    "quota.reached": q.QuotaReached,
    "application.submitted": a.ApplicationSubmitted,
    "application.assessed": a.ApplicationAssessed,
    "application.queried": a.ApplicationQueried,
    "application.answered": a.ApplicationAnswered,
    "application.granted": a.ApplicationGranted,
    "application.refused": a.ApplicationRefused,
    "application.withdrawn": a.ApplicationWithdrawn,
    "endpoint.verification": e.EndpointVerification,
    "endpoint.test": e.EndpointTest,
    "endpoint.disabled": e.EndpointDisabled,
    "event.acknowledged": e.EventAcknowledged,
}
_OFFICES = "customs and authorities of both countries, partners who were granted its country"
AUDIENCE_BY_FAMILY: dict[str, str] = {
    "declaration": f"Its trader and who lodged it, {_OFFICES}",
    "permit": f"Its holders, who cited it or looked it up, {_OFFICES}",
    "quota": "The authority of its country, partners who were granted the country",
    "application": "Its applicant, the authority that decides it",
    "endpoint": "Its owner",
    "event": "Who sent the thing that the event was about",
}
_EXAMPLE_ID, _EXAMPLE_TIMESTAMP = "0190c0de-0000-5000-8000-00000000e7e4", "2026-03-16T09:30:00.000000Z"


@dataclass(frozen=True)
class EventType:
    """One type of event."""

    code: str
    sentence: str
    model: type[EventData]
    example: dict[str, Any]

    @property
    def family(self) -> str:
        """What it is about: declaration, permit, quota, application, endpoint or event."""
        return self.code.partition(".")[0]

    @property
    def meaning(self) -> str:
        """What happened, and what follows of it."""
        return f"{self.sentence}. {' '.join((self.model.__doc__ or '').split())}"

    @property
    def audience(self) -> str:
        """Who hears of it."""
        return AUDIENCE_BY_FAMILY[self.family]


CATALOGUE: dict[str, EventType] = {
    kind: EventType(
        kind,
        sentence,
        DATA_MODELS[kind],
        {"id": _EXAMPLE_ID, "type": kind, "timestamp": _EXAMPLE_TIMESTAMP, "data": EXAMPLE_DATA[kind]},
    )
    for kind, sentence in EVENT_TYPES.items()
}


def validate_data(event_type: str, data: dict[str, Any]) -> None:
    """Raise unless data is exactly what the catalogue says of this type: ValidationError, or KeyError for no type."""
    CATALOGUE[event_type].model.model_validate_json(json.dumps(data))


def data_schemas(*, ref: str) -> dict[str, dict[str, Any]]:
    """Answer the JSON schemas of all data and their parts by the models' names; `ref` says how they name each other."""
    models = [(entry.model, "serialization") for entry in CATALOGUE.values()]
    _, found = models_json_schema(models, ref_template=ref)  # type: ignore[arg-type]
    schemas: dict[str, dict[str, Any]] = _allow_additional_properties(found["$defs"])
    return schemas


def event_schema(entry: EventType, *, ref: str) -> dict[str, Any]:
    """Answer the JSON schema of a whole event as it is sent, its data by reference."""
    return {
        "type": "object",
        "required": ["id", "type", "timestamp", "data"],
        "properties": {
            "id": {"type": "string", "format": "uuid", "description": "The same each time it is told"},
            "type": {"const": entry.code},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened, in UTC"},
            "data": {"$ref": ref.format(model=entry.model.__name__)},
        },
    }


def standalone_schema(entry: EventType) -> dict[str, Any]:
    """Answer the JSON schema (2020-12) of an event of this type, complete in itself."""
    ref = "#/$defs/{model}"
    every = data_schemas(ref=ref)
    needed = _reachable_models(every, entry.model.__name__)
    base = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": entry.code}
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
    """Let schemas pass what may be added, and say of what is optional that it is left out, never null."""
    if isinstance(node, list):
        return [_allow_additional_properties(part) for part in node]
    if not isinstance(node, dict):
        return node
    properties = {name: _allow_additional_properties(part) for name, part in node.items() if not _is_noise(name, part)}
    if "anyOf" in properties and {"type": "null"} in properties["anyOf"]:
        [only] = [part for part in properties.pop("anyOf") if part != {"type": "null"}]
        properties = {**only, **{name: part for name, part in properties.items() if (name, part) != ("default", None)}}
    return properties


def _is_noise(name: str, part: Any) -> bool:
    return (name, part) == ("additionalProperties", False) or (name == "title" and isinstance(part, str))
