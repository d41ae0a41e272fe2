"""What OpenAPI says of every route: bodies from the contracts, problems by code, who may, how to come in."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.api.openapi.examples import EXAMPLES, Example
from services.gateway.api.openapi.links import link
from services.gateway.api.openapi.responses import SPOKEN, schema_of, schemas_of_answers
from services.gateway.api.openapi.webhooks import schemas_of_events, webhooks
from services.gateway.api.permissions import RIGHTS
from shared.contracts.problems import CODES
from shared.problem_responses import PROBLEM, TITLES
from shared.strict_json import OF_THEIR_OWN

REF = "#/components/schemas/{model}"
GUARDED = (
    "unauthenticated",
    "role-not-allowed",
    "invalid-parameter",
    "header-twice",
    "too-many-requests",
    "database-unavailable",
)
WITH_BODY = ("malformed-json", "body-too-large", "body-too-slow", "unsupported-media-type", "invalid-body")
CODED = tuple(sorted(OF_THEIR_OWN))
"""Of bodies that are full of codes and quantities."""
XML = ("malformed-xml", "doctype-not-allowed")
WITH_FILE = ("body-too-large", "body-too-slow", "unsupported-media-type", "columns-missing", "nothing-taken")
_FAULT = {"type": "object", "properties": {name: {"type": "string"} for name in ("pointer", "code", "detail")}}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `code` is stable",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail", "code", "request_id")}
    | {"status": {"type": "integer"}, "errors": {"type": "array", "items": _FAULT}},
}
MESSAGE = {
    "schema": {"type": "string", "description": "A declaration of the WCO Data Model, version 2 or 3: see docs/wco.md"}
}
RESPONSE = {"schema": {"type": "string", "description": "A WCO `Response`, where `Accept` prefers XML to JSON"}}
_FLOW = {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}}
_SCHEMES = {
    "oauth2": {"type": "oauth2", "flows": _FLOW},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Describe the problems a route may answer, by status."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code].status, []).append(code)
    return {
        status: {"description": _described(named), "content": {PROBLEM: _problem(named)}}
        for status, named in sorted(by_status.items(), key=lambda pair: int(pair[0]))
    }


def _described(codes: Iterable[str]) -> str:
    return "\n".join(f"- `{code}`: {CODES[code].sentence}" for code in dict.fromkeys(codes))


def _problem(codes: Iterable[str]) -> dict[str, Any]:
    return {
        "schema": {"$ref": REF.format(model="Problem")},
        "examples": {code: {"summary": CODES[code].sentence, "value": _sample(code)} for code in codes},
    }


def _sample(code: str) -> dict[str, Any]:
    status, sentence = CODES[code]
    said = {"type": f"urn:saola:problem:{code}", "title": TITLES[status], "status": status}
    return said | {"detail": sentence, "code": code, "request_id": "3f1c2b7a9d0e4f65"}


def body(
    model: type[BaseModel], *, media: Iterable[str] = ("application/json",), required: bool = True
) -> dict[str, Any]:
    """Describe a request body by its contract; what comes in XML is text here, for its schema is the WCO's."""
    schema = {"schema": {"$ref": REF.format(model=model.__name__)}}
    return {"required": required, "content": {kind: MESSAGE if "xml" in kind else schema for kind in media}}


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


def in_path(name: str, schema: dict[str, str]) -> dict[str, Any]:
    """Describe a part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


def described_by(models: Iterable[type[BaseModel]], app: FastAPI) -> None:
    """Let the app's OpenAPI carry the contracts, the problem document, the way in, and each operation's roles."""
    asked = [(model, "validation") for model in sorted(set(models), key=lambda model: model.__name__)]

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            _, definitions = models_json_schema(asked, ref_template=REF)  # type: ignore[arg-type]
            parts = found.setdefault("components", {})
            parts["schemas"] = {**parts.get("schemas", {}), **definitions.get("$defs", {}), "Problem": _PROBLEM}
            parts["schemas"] |= schemas_of_events() | schemas_of_answers()
            found["webhooks"] = webhooks()
            parts["securitySchemes"] = _SCHEMES
            found["security"] = [{"oauth2": []}, {"bearer": []}]
            for operation in (one for path in found["paths"].values() for one in path.values()):
                _tell_truly(operation)
                _shape(operation)
                _name_roles(operation)
                _show(operation)
            link(found["paths"])
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _tell_truly(operation: dict[str, Any]) -> None:
    """Leave out the refusal of parameters that FastAPI describes of its own: here that is a 400, as a problem."""
    answers = operation["responses"]
    if PROBLEM not in answers.get("422", {}).get("content", {PROBLEM: {}}):
        del answers["422"]


def _shape(operation: dict[str, Any]) -> None:
    """Say of each answer which shape it has."""
    for status, answer in operation["responses"].items():
        schema = schema_of(operation["operationId"], status)
        if schema is not None and (status < "300" or PROBLEM not in answer.get("content", {})):
            answer.setdefault("content", {}).setdefault("application/json", {})["schema"] = schema
            if schema.get("$ref") in SPOKEN:
                answer["content"]["application/xml"] = RESPONSE


def _name_roles(operation: dict[str, Any]) -> None:
    if roles := RIGHTS.get(operation["operationId"]):
        operation["x-roles"] = sorted(roles)
        operation["description"] = f"{operation.get('description', '')}\n\nBy: {', '.join(sorted(roles))}.".strip()


def _show(operation: dict[str, Any]) -> None:
    """Show the operation's example in its body and in its first good answer."""
    example = EXAMPLES.get(operation["operationId"], Example())
    if example.sends is not None:
        _put_first(operation.get("requestBody", {}).get("content", {}), example.sends)
    if example.sends_xml is not None:
        content = operation["requestBody"]["content"]
        content["application/xml"] = {**content["application/xml"], "example": example.sends_xml}
    if example.answers is not None:
        good = min(status for status in operation["responses"] if status < "300")
        main = operation["responses"].get("202", operation["responses"][good])
        _put_first(main.setdefault("content", {"application/json": {}}), example.answers)
    if example.answers_whole is not None:
        _put_first(operation["responses"]["200"]["content"], example.answers_whole)


def _put_first(content: dict[str, Any], value: Any) -> None:
    for media in list(content)[:1]:
        content[media] = {**content[media], "example": value}
