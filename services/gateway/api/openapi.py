"""What OpenAPI says of every route: bodies from the contracts, problems by code, who may, how to come in."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.api.rights import RIGHTS
from shared.refused import PROBLEM

REF = "#/components/schemas/{model}"
STATUS_OF = {
    "malformed-json": 400,
    "invalid-parameter": 400,
    "idempotency-key-missing": 400,
    "idempotency-key-invalid": 400,
    "unauthenticated": 401,
    "role-not-allowed": 403,
    "not-your-declaration": 403,
    "not-found": 404,
    "body-too-slow": 408,
    "not-the-issuing-authority": 403,
    "still-received": 409,
    "permit-number-taken": 409,
    "endorsement-exceeds-permit": 409,
    "not-enough-left": 409,
    "wrong-turn": 409,
    "reference-taken": 409,
    "identifier-taken": 409,
    "last-admin": 409,
    "secret-not-kept": 409,
    "version-stale": 412,
    "body-too-large": 413,
    "unsupported-media-type": 415,
    "invalid-body": 422,
    "validity-too-long": 422,
    "idempotency-key-reused": 422,
    "version-missing": 428,
    "overloaded": 503,
    "database-unavailable": 503,
    "service-unavailable": 503,
}
"""Every code the gateway's routes name, and its status."""
GUARDED = ("unauthenticated", "role-not-allowed", "invalid-parameter")
WITH_BODY = ("malformed-json", "body-too-large", "body-too-slow", "unsupported-media-type", "invalid-body")
_FAULT = {"type": "object", "properties": {name: {"type": "string"} for name in ("pointer", "code", "detail")}}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `code` is stable",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail", "code", "request_id")}
    | {"status": {"type": "integer"}, "errors": {"type": "array", "items": _FAULT}},
}
_FLOW = {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}}
_SCHEMES = {
    "oauth2": {"type": "oauth2", "flows": _FLOW},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Describe the problems a route may answer, by status."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS_OF[code], []).append(code)
    content = {PROBLEM: {"schema": {"$ref": REF.format(model="Problem")}}}
    return {
        status: {"description": ", ".join(named), "content": content}
        for status, named in sorted(by_status.items(), key=lambda pair: int(pair[0]))
    }


def body(
    model: type[BaseModel], *, media: Iterable[str] = ("application/json",), required: bool = True
) -> dict[str, Any]:
    """Describe a request body by its contract."""
    schema = {"schema": {"$ref": REF.format(model=model.__name__)}}
    return {"required": required, "content": dict.fromkeys(media, schema)}


def content(model: type[BaseModel]) -> dict[str, Any]:
    """Describe an answer's JSON by its contract."""
    return {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}


def header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    """Describe a request header."""
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def described_by(models: Iterable[type[BaseModel]], app: FastAPI) -> None:
    """Let the app's OpenAPI carry the contracts, the problem document, the way in, and each operation's roles."""
    asked = [(model, "validation") for model in sorted(set(models), key=lambda model: model.__name__)]

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            _, definitions = models_json_schema(asked, ref_template=REF)  # type: ignore[arg-type]
            parts = found.setdefault("components", {})
            parts["schemas"] = {**parts.get("schemas", {}), **definitions.get("$defs", {}), "Problem": _PROBLEM}
            parts["securitySchemes"] = _SCHEMES
            found["security"] = [{"oauth2": []}, {"bearer": []}]
            _name_roles(found)
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _name_roles(found: dict[str, Any]) -> None:
    for path in found["paths"].values():
        for operation in path.values():
            if roles := RIGHTS.get(operation["operationId"]):
                operation["x-roles"] = sorted(roles)
                operation["description"] = (
                    f"{operation.get('description', '')}\n\nBy: {', '.join(sorted(roles))}.".strip()
                )
