"""What OpenAPI says of every route: bodies from the contracts, problems by code, who may, how to come in."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.api.descriptions.operations import REF
from services.gateway.api.openapi.examples import EXAMPLES, Example
from services.gateway.api.openapi.links import add_links
from services.gateway.api.openapi.responses import XML_SCHEMAS, response_schema, response_schemas
from services.gateway.api.openapi.webhooks import event_schemas, webhook_operations
from services.gateway.api.permissions import PERMISSIONS
from shared.problem_responses import PROBLEM_MEDIA_TYPE

_FAULT = {"type": "object", "properties": {name: {"type": "string"} for name in ("pointer", "code", "detail")}}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `code` is stable",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail", "code", "request_id")}
    | {"status": {"type": "integer"}, "errors": {"type": "array", "items": _FAULT}},
}
_UNUSED = {"HTTPValidationError", "ValidationError"}
"""Components of FastAPI for the refusal that it describes of its own, which the hub never sends."""
XML_RESPONSE = {"schema": {"type": "string", "description": "A WCO `Response`, where `Accept` prefers XML to JSON"}}
_FLOW = {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}}
_SCHEMES = {
    "oauth2": {"type": "oauth2", "flows": _FLOW},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}


def describe_api(models: Iterable[type[BaseModel]], app: FastAPI) -> None:
    """Let the app's OpenAPI carry the contracts, the problem document, the way in, and each operation's roles."""
    model_modes = [(model, "validation") for model in sorted(set(models), key=lambda model: model.__name__)]

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            _, definitions = models_json_schema(model_modes, ref_template=REF)  # type: ignore[arg-type]
            parts = found.setdefault("components", {})
            named = {
                **{name: part for name, part in parts.get("schemas", {}).items() if name not in _UNUSED},
                **definitions.get("$defs", {}),
                "Problem": _PROBLEM,
                **event_schemas(),
            }
            parts["schemas"] = named | response_schemas(named)
            found["webhooks"] = webhook_operations()
            parts["securitySchemes"] = _SCHEMES
            found["security"] = [{"oauth2": []}, {"bearer": []}]
            for operation in (item for path in found["paths"].values() for item in path.values()):
                _drop_validation_response(operation)
                _add_response_schemas(operation)
                _add_roles(operation)
                _add_examples(operation)
            add_links(found["paths"])
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _drop_validation_response(operation: dict[str, Any]) -> None:
    """Leave out the refusal of parameters that FastAPI describes of its own: here that is a 400, as a problem."""
    responses = operation["responses"]
    if PROBLEM_MEDIA_TYPE not in responses.get("422", {}).get("content", {PROBLEM_MEDIA_TYPE: {}}):
        del responses["422"]


def _add_response_schemas(operation: dict[str, Any]) -> None:
    """Say of each answer which shape it has."""
    for status, response in operation["responses"].items():
        schema = response_schema(operation["operationId"], status)
        if schema is not None and (status < "300" or PROBLEM_MEDIA_TYPE not in response.get("content", {})):
            response.setdefault("content", {}).setdefault("application/json", {})["schema"] = schema
            if schema.get("$ref") in XML_SCHEMAS:
                response["content"]["application/xml"] = XML_RESPONSE


def _add_roles(operation: dict[str, Any]) -> None:
    if roles := PERMISSIONS.get(operation["operationId"]):
        operation["x-roles"] = sorted(roles)
        operation["description"] = f"{operation.get('description', '')}\n\nBy: {', '.join(sorted(roles))}.".strip()


def _add_examples(operation: dict[str, Any]) -> None:
    """Show the operation's example in its body and in its first good answer."""
    example = EXAMPLES.get(operation["operationId"], Example())
    if example.request is not None:
        _set_example(operation.get("requestBody", {}).get("content", {}), example.request)
    if example.request_xml is not None:
        content = operation["requestBody"]["content"]
        content["application/xml"] = {**content["application/xml"], "example": example.request_xml}
    if example.response is not None:
        good = min(status for status in operation["responses"] if status < "300")
        main = operation["responses"].get("202", operation["responses"][good])
        _set_example(main.setdefault("content", {"application/json": {}}), example.response)
    if example.checked_response is not None:
        _set_example(operation["responses"]["200"]["content"], example.checked_response)


def _set_example(content: dict[str, Any], value: Any) -> None:
    for media in list(content)[:1]:
        content[media] = {**content[media], "example": value}
