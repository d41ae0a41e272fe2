"""The shape of every answer, by operation: what OpenAPI says of it. One room a resource.

A new route adds its shape to the room it belongs to; tests/gateway/api/openapi/test_document.py fails until it has
one, and the journeys compare what is really answered with it.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.api.applications import models as applications_models
from services.gateway.api.declarations import models as declarations_models
from services.gateway.api.descriptions.response_parts import ResponseShape
from services.gateway.api.events import models as events_models
from services.gateway.api.parties import models as parties_models
from services.gateway.api.permits import models as permits_models
from services.gateway.api.reference import models as reference_models

RESPONSES: dict[str, ResponseShape] = {
    **parties_models.RESPONSES,
    **declarations_models.RESPONSES,
    **permits_models.RESPONSES,
    **reference_models.RESPONSES,
    **applications_models.RESPONSES,
    **events_models.RESPONSES,
}
REF = "#/components/schemas/Answer.{model}"
"""Answers have names of their own, so that none meets a body that is sent."""

XML_SCHEMAS = {REF.format(model=name) for name in ("LodgedDeclaration", "Declaration", "Verdict")}
"""What is told about one declaration, in XML too where that is asked for."""


def response_schemas() -> dict[str, Any]:
    """Answer the schemas of all answers and their parts, as components; what is added later breaks nobody's client."""
    model_modes = [(model, "serialization") for shape in RESPONSES.values() for model in _models(shape)]
    _, found = models_json_schema(model_modes, ref_template=REF)  # type: ignore[arg-type]
    return {f"Answer.{name}": _without_restrictions(schema) for name, schema in found["$defs"].items()}


def response_schema(operation: str, status: str) -> dict[str, Any] | None:
    """Answer the schema of an operation's answer with a status; None for answers that are no JSON of its own."""
    shape = RESPONSES.get(f"{operation} {status}") or RESPONSES.get(operation)
    if shape is None:
        return None
    references = [{"$ref": REF.format(model=model.__name__)} for model in _models(shape)]
    return references[0] if len(references) == 1 else {"anyOf": references}


def _models(shape: ResponseShape) -> Iterable[type[BaseModel]]:
    return shape if isinstance(shape, tuple) else (shape,)


def _without_restrictions(node: Any) -> Any:
    """Let an answer have more than is said here, and leave out what only says a name twice or what is sent."""
    if isinstance(node, list):
        return [_without_restrictions(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {name: _without_restrictions(part) for name, part in node.items() if not _is_noise(name, part)}


def _is_noise(name: str, part: Any) -> bool:
    titled = name == "title" and isinstance(part, str)
    return titled or name == "default" or (name, part) == ("additionalProperties", False)
