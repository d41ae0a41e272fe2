"""The models of responses in OpenAPI: components with plain names that allow new fields."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

REF = "#/components/schemas/{model}"


def response_schemas(models: Iterable[type[BaseModel]], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schemas of all responses and their parts, as components. Later additions break no client.

    `named` are the components of requests and events. A part with different shapes in requests and responses has the
    suffix `View` in responses. An example is an item: a request may state its quantity as a number.
    """
    model_modes = [(model, "serialization") for model in dict.fromkeys(models)]
    _, found = models_json_schema(model_modes, ref_template=REF)  # type: ignore[arg-type]
    schemas = {name: _without_restrictions(schema) for name, schema in found["$defs"].items()}
    views = {name for name, schema in schemas.items() if not _is_same(schema, named.get(name, schema))}
    while more := {name for name in schemas.keys() & named.keys() - views if _references(schemas[name]) & views}:
        views |= more
    names = {name: f"{name}View" if name in views else name for name in schemas}
    if len(set(names.values())) < len(names):
        raise ValueError(f"two responses have one name: {sorted(names.values())}")
    references = {REF.format(model=name): REF.format(model=new) for name, new in names.items()}
    return {names[name]: _renamed(schema, references) for name, schema in schemas.items()} | {
        name: named[name] for name in schemas.keys() & named.keys()
    }


def response_schema(models: tuple[type[BaseModel], ...]) -> dict[str, Any] | None:
    """Return the schema of a response with one of these models, or None without a model."""
    references = [{"$ref": REF.format(model=model.__name__)} for model in models]
    if len(references) > 1:
        return {"anyOf": references}
    return references[0] if references else None


def _is_same(schema: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether a component of responses equals one of requests or events, or is the same closed set."""
    return schema == other or ("enum" in schema and schema == _without_restrictions(other))


def _references(node: Any) -> set[str]:
    """Return the names of the components that a schema refers to."""
    if isinstance(node, list):
        return set().union(*map(_references, node))
    if isinstance(node, dict):
        own = {node["$ref"].rpartition("/")[2]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(_references, node.values()))
    return set()


def _renamed(node: Any, references: Mapping[str, str]) -> Any:
    """Return a schema whose references name the components by their new names."""
    if isinstance(node, list):
        return [_renamed(part, references) for part in node]
    if isinstance(node, dict):
        return {name: _renamed(part, references) for name, part in node.items()}
    return references.get(node, node) if isinstance(node, str) else node


def _without_restrictions(node: Any) -> Any:
    """Return a schema that allows more fields, without titles and defaults."""
    if isinstance(node, list):
        return [_without_restrictions(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {name: _without_restrictions(part) for name, part in node.items() if not _is_noise(name, part)}


def _is_noise(name: str, part: Any) -> bool:
    titled = name == "title" and isinstance(part, str)
    return titled or name == "default" or (name, part) == ("additionalProperties", False)
