"""The OpenAPI document of the public API, from the declarations of its routes and their contracts."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.api.openapi.links import describe_links
from services.gateway.api.openapi.operations import REF, describe_operation, problem_examples
from services.gateway.api.openapi.responses import response_schemas
from services.gateway.api.openapi.webhooks import event_schemas, webhook_operations
from services.gateway.api.routing.route import Route
from services.gateway.api.routing.tags import TAGS

_FAULT = {
    "type": "object",
    "properties": {
        "pointer": {"type": "string", "description": "The place at fault, as a JSON Pointer (RFC 6901)"},
        "code": {"type": "string", "description": "Stable code of the fault"},
        "detail": {"type": "string", "description": "The fault in words"},
    },
}
_PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "URI of the kind of problem"},
        "title": {"type": "string", "description": "Standard phrase of the status"},
        "status": {"type": "integer", "description": "HTTP status"},
        "detail": {"type": "string", "description": "The problem in words, and the next step"},
        "code": {"type": "string", "description": "Stable code of the problem"},
        "request_id": {"type": "string", "description": "Id of the request in the logs of the hub"},
        "errors": {"type": "array", "items": _FAULT, "description": "Every place at fault"},
    },
}
_FLOW = {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}}
_SCHEMES = {
    "oauth2": {"type": "oauth2", "flows": _FLOW},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}
_LICENSE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}


def describe_api(app: FastAPI, routes: Sequence[Route]) -> None:
    """Make the app serve its OpenAPI document, which is built on the first request."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = {
                "openapi": app.openapi_version,
                "info": {
                    "title": app.title,
                    "description": app.description,
                    "version": app.version,
                    "license": _LICENSE,
                },
                "servers": [{"url": "/"}],
                "tags": [{"name": tag.name, "description": tag.description} for tag in TAGS],
                "security": [{"oauth2": []}, {"bearer": []}],
                "paths": _describe_paths(routes),
                "webhooks": webhook_operations(),
                "components": {
                    "securitySchemes": _SCHEMES,
                    "schemas": _describe_schemas(routes),
                    "examples": problem_examples(routes),
                },
            }
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_paths(routes: Sequence[Route]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in routes:
        operation = describe_operation(route)
        if links := describe_links(route, routes):
            for status, response in operation["responses"].items():
                if status < "300":
                    response["links"] = links
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return paths


def _describe_schemas(routes: Sequence[Route]) -> dict[str, Any]:
    sent = {route.request.model for route in routes if route.request is not None and route.request.model is not None}
    answered = [model for route in routes for response in route.responses for model in response.models]
    named = {**_request_schemas(sent), "Problem": _PROBLEM, **event_schemas()}
    return named | response_schemas(answered, named)


def _request_schemas(models: set[type[BaseModel]]) -> dict[str, Any]:
    model_modes = [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)]
    _, definitions = models_json_schema(model_modes, ref_template=REF)  # type: ignore[arg-type]
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas
