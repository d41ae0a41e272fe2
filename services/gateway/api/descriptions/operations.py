"""The parts with which a route describes itself in OpenAPI: problems and bodies and parameters."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from shared.contracts.problems import PROBLEM_CODES, STATUS_TITLES
from shared.problem_responses import PROBLEM_MEDIA_TYPE
from shared.strict_json import OWN_PROBLEM_CODES

REF = "#/components/schemas/{model}"


COMMON_PROBLEMS = (
    "unauthenticated",
    "role-not-allowed",
    "invalid-parameter",
    "header-twice",
    "too-many-requests",
    "database-unavailable",
)


BODY_PROBLEMS = ("malformed-json", "body-too-large", "body-too-slow", "unsupported-media-type", "invalid-body")


CODE_PROBLEMS = tuple(sorted(OWN_PROBLEM_CODES))
"""Of bodies that are full of codes and quantities."""


XML_PROBLEMS = ("malformed-xml", "doctype-not-allowed")


FILE_PROBLEMS = ("body-too-large", "body-too-slow", "unsupported-media-type", "columns-missing", "nothing-taken")


XML_MESSAGE = {
    "schema": {"type": "string", "description": "A declaration of the WCO Data Model, version 2 or 3: see docs/wco.md"}
}


def problem_responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Describe the problems a route may answer, by status."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEM_CODES[code].status, []).append(code)
    return {
        status: {
            "description": _list_problems(codes_of_status),
            "content": {PROBLEM_MEDIA_TYPE: _problem_content(codes_of_status)},
        }
        for status, codes_of_status in sorted(by_status.items(), key=lambda pair: int(pair[0]))
    }


def _list_problems(codes: Iterable[str]) -> str:
    return "\n".join(f"- `{code}`: {PROBLEM_CODES[code].sentence}" for code in dict.fromkeys(codes))


def _problem_content(codes: Iterable[str]) -> dict[str, Any]:
    return {
        "schema": {"$ref": REF.format(model="Problem")},
        "examples": {
            code: {"summary": PROBLEM_CODES[code].sentence, "value": _problem_example(code)} for code in codes
        },
    }


def _problem_example(code: str) -> dict[str, Any]:
    status, sentence = PROBLEM_CODES[code]
    problem = {"type": f"urn:saola:problem:{code}", "title": STATUS_TITLES[status], "status": status}
    return problem | {"detail": sentence, "code": code, "request_id": "3f1c2b7a9d0e4f65"}


def request_body(
    model: type[BaseModel], *, media: Iterable[str] = ("application/json",), required: bool = True
) -> dict[str, Any]:
    """Describe a request body by its contract; what comes in XML is text here, for its schema is the WCO's."""
    schema = {"schema": {"$ref": REF.format(model=model.__name__)}}
    return {"required": required, "content": {kind: XML_MESSAGE if "xml" in kind else schema for kind in media}}


def json_content(model: type[BaseModel]) -> dict[str, Any]:
    """Describe an answer's JSON by its contract."""
    return {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}


def header_parameter(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    """Describe a request header."""
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def path_parameter(name: str, schema: dict[str, str]) -> dict[str, Any]:
    """Describe a part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


IDEMPOTENCY_PROBLEMS = ("idempotency-key-invalid", "idempotency-key-reused")
