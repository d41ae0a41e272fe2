"""Compare responses with OpenAPI exactly: a field that is not described is a fault."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs


class DocumentedResponses:
    """The answers of one OpenAPI document, by operation and status."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.schemas: dict[str, Any] = {
            name: without_extra_fields(schema) for name, schema in document["components"]["schemas"].items()
        }
        self.operations = {operation["operationId"]: operation for _, _, operation in operations(document)}
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), method, operation["operationId"])
            for path, method, operation in sorted(operations(document), key=lambda found: "{" in found[0])
        ]

    def operation_id(self, method: str, path: str) -> str:
        """Return the id of the operation that serves a request."""
        return next(str(name) for way, by, name in self._paths if by == method.lower() and way.fullmatch(path))

    def response_faults(self, operation: str, status: int, kind: str, body: bytes) -> list[str]:
        """Return one sentence for each difference from the description."""
        described = self.operations[operation]["responses"].get(str(status))
        if described is None:
            return [f"{operation} is not said to answer {status}"]
        kind = kind.partition(";")[0]
        content = described.get("content", {})
        if not body:
            return []
        if kind not in content:
            return [f"{operation} {status} is not said to answer {kind}"]
        schema = content[kind].get("schema")
        if schema is None:
            return [f"{operation} {status} {kind} has no schema"]
        return self.schema_faults(schema, json.loads(body)) if "json" in kind and "nd" not in kind else []

    def schema_faults(self, schema: dict[str, Any], value: Any) -> list[str]:
        """Return one sentence for each difference of a value from a schema."""
        whole = {**schema, "components": {"schemas": self.schemas}}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(value)]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each operation: path, method and description."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def without_extra_fields(node: Any) -> Any:
    """Refuse fields that are not described."""
    if isinstance(node, list):
        return [without_extra_fields(part) for part in node]
    if not isinstance(node, dict):
        return node
    shut = {name: without_extra_fields(part) for name, part in node.items()}
    if node.get("type") == "object" and "properties" in node:
        shut.setdefault("additionalProperties", False)
    return shut
