"""The OpenAPI operation of one route: parameters, bodies, problems, roles and examples, from its declaration."""

from collections.abc import Iterable
from typing import Any

from services.gateway.api.openapi.responses import response_schema
from services.gateway.api.routing.parameters import HeaderParameter, QueryParameter
from services.gateway.api.routing.problems import EXAMPLE_HUB, list_problem_codes
from services.gateway.api.routing.route import JSON, XML, Example, Media, RequestBody, Route, RouteResponse
from shared.contracts.problems.catalogue import PROBLEM_CODES
from shared.problem_responses import PROBLEM_MEDIA_TYPE, problem_example

REF = "#/components/schemas/{model}"
PATH_DESCRIPTIONS = {
    "client_id": "Client id of the credential",
    "code": "Code of the problem",
    "country": "Country, ISO 3166-1 alpha-2",
    "table": "Name of the code list, such as `terms`",
}
ID_DESCRIPTIONS = {
    "declarations": "Id of the declaration",
    "deliveries": "Id of the delivery",
    "events": "Id of the event",
    "mandates": "Id of the mandate",
    "parties": "Id of the party",
    "permit-applications": "Id of the application",
    "permits": "Id of the permit",
    "webhook-endpoints": "Id of the endpoint",
}
"""The descriptions of `{id}` by the first part of the path after /v1."""
EXAMPLE_REF = "#/components/examples/{code}"


def describe_operation(route: Route) -> dict[str, Any]:
    """Return the operation object of a route."""
    operation: dict[str, Any] = {
        "tags": [route.tag.name],
        "summary": route.summary,
        "description": route.description,
        "operationId": route.operation_id,
        "parameters": [
            *(_path_parameter(name, route.path) for name in route.path_names),
            *map(_query_parameter, route.query),
            *map(_header_parameter, route.headers),
        ],
        "responses": _describe_responses(route),
    }
    if route.request is not None:
        operation["requestBody"] = _request_body(route.request, route.example)
    if route.permission is None:
        operation["security"] = []
    else:
        operation["x-roles"] = sorted(route.permission)
        operation["description"] += f"\n\nAllowed roles: {', '.join(sorted(route.permission))}."
    return {name: value for name, value in operation.items() if value or name == "security"}


def _path_parameter(name: str, path: str) -> dict[str, Any]:
    schema = {"type": "string", "format": "uuid"} if name == "id" else {"type": "string"}
    description = ID_DESCRIPTIONS[path.split("/")[2]] if name == "id" else PATH_DESCRIPTIONS[name]
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _query_parameter(parameter: QueryParameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _header_parameter(header: HeaderParameter) -> dict[str, Any]:
    return {
        "name": header.name,
        "in": "header",
        "required": header.required,
        "description": header.description,
        "schema": {"type": "string"},
    }


def _request_body(request: RequestBody, example: Example) -> dict[str, Any]:
    schema = None if request.model is None else {"$ref": REF.format(model=request.model.__name__)}
    content = _content(schema, request.media, example.request)
    if example.request_xml is not None:
        content[XML]["example"] = example.request_xml
    return {"required": request.required, "content": content}


def _describe_responses(route: Route) -> dict[str, Any]:
    """Describe every response by its status. The example belongs to the usual response."""
    usual = route.responses[0].status
    by_status = problem_responses(list_problem_codes(route))
    for response in route.responses:
        shown = route.example.response if response.status == usual else route.example.checked_response
        by_status[str(response.status)] = _describe_response(response, shown)
    return dict(sorted(by_status.items()))


def _describe_response(response: RouteResponse, example: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"description": response.description}
    if content := _content(response_schema(response.models), response.media, example):
        described["content"] = content
    return described


def _content(json_schema: dict[str, Any] | None, media: Iterable[Media], example: Any) -> dict[str, Any]:
    """Describe the representations of a body, JSON first; the example is of the first."""
    schemas = {JSON: json_schema} if json_schema is not None else {}
    schemas |= {one.media_type: one.schema for one in media}
    content: dict[str, Any] = {media_type: {"schema": schema} for media_type, schema in schemas.items()}
    if content and example is not None:
        content[next(iter(content))]["example"] = example
    return content


def problem_responses(codes: Iterable[str]) -> dict[str, Any]:
    """Describe problems by their status."""
    by_status: dict[str, list[str]] = {}
    for code in codes:
        by_status.setdefault(str(PROBLEM_CODES[code].status), []).append(code)
    return {
        status: {
            "description": "\n".join(f"- `{code}`: {PROBLEM_CODES[code].meaning}" for code in of_status),
            "content": {PROBLEM_MEDIA_TYPE: _problem_content(of_status)},
        }
        for status, of_status in by_status.items()
    }


def _problem_content(codes: Iterable[str]) -> dict[str, Any]:
    return {
        "schema": {"$ref": REF.format(model="Problem")},
        "examples": {code: {"$ref": EXAMPLE_REF.format(code=code)} for code in codes},
    }


def problem_examples(routes: Iterable[Route]) -> dict[str, Any]:
    """Return an example of each problem code of the routes. They share many codes, so the examples are components."""
    codes = {code for route in routes for code in list_problem_codes(route)}
    return {
        code: {"summary": PROBLEM_CODES[code].meaning, "value": problem_example(code, EXAMPLE_HUB)}
        for code in sorted(codes)
    }
