"""Bodies read strictly: JSON without duplicate keys, NaN or depth, then the contract, each fault with its place."""

from collections.abc import Callable
from typing import Any, TypeVar

import jiter
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from shared.problems import Fault, Invalid
from shared.validation_faults import validation_code, validation_message

Model = TypeVar("Model", bound=BaseModel)
MAX_DEPTH = 32
OWN_PROBLEM_CODES = frozenset(
    {f"unknown-{what}" for what in ("appendix", "country", "kind", "purpose", "source", "term", "unit")}
    | {"taxon-nameless", "too-many-digits"}
)
"""Faults whose code is the problem's own where a body has no other: a code that is in no list, a number too long."""
BLANKS_BEFORE_COLON = (b" :", b"\t:", b"\n:", b"\r:")


def parse_json(body: bytes) -> Any:
    """Parse JSON strictly: no duplicate keys, no NaN or infinity, at most 32 levels, decimals kept exactly."""
    try:
        value = jiter.from_json(body, allow_inf_nan=False, float_mode="decimal", catch_duplicate_keys=True)
    except (ValueError, RecursionError) as error:
        raise Invalid("malformed-json", f"The body is not JSON as it must be: {error}.") from None
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise Invalid("malformed-json", f"The body is nested deeper than {MAX_DEPTH} levels.")
    return value


def parse_body(model: type[Model], body: bytes, count_names: Callable[[Model], int]) -> Model:
    """Read a body strictly and check it against its contract: in one pass where that comes to the same.

    `count_names` counts the names that were stated in what was read. What the one pass refuses, the strict way words.
    """
    try:
        found = model.model_validate_json(body)
    except ValidationError:
        return validate(model, parse_json(body))
    return found if _has_no_duplicate_names(body, count_names(found)) else validate(model, parse_json(body))


def _has_no_duplicate_names(body: bytes, names: int) -> bool:
    """Say whether it is certain that no name was there twice: each has a colon behind its quote, texts only add some.

    The rest of what is strict a contract without floats sees to itself: it knows no field that could be too deep, and
    refuses a number that is no whole one (then it is read strictly, and keeps its digits).
    """
    if body.count(b":") == names:
        return True
    return body.count(b'":') == names and not any(blank in body for blank in BLANKS_BEFORE_COLON)


def _depth(value: Any) -> int:
    level, layer = 0, [value]
    while containers := [inner for inner in layer if isinstance(inner, dict | list)]:
        level += 1
        layer = [inner for outer in containers for inner in (outer.values() if isinstance(outer, dict) else outer)]
    return level


def validate(model: type[Model], value: Any) -> Model:
    """Check a parsed body against its contract; raises Invalid with a pointer for each fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _body_error(list_faults(error)) from None


def _body_error(found: tuple[Fault, ...]) -> Invalid:
    codes = {fault.code for fault in found}
    if len(codes) == 1 and codes <= OWN_PROBLEM_CODES:
        return Invalid(found[0].code, f"{found[0].detail}; `errors` names each place.", found)
    return Invalid("invalid-body", "The body is not as the contract says; `errors` names each place.", found)


def validate_and_render(model: type[Model], value: Any) -> tuple[Model, bytes]:
    """Check a value against its contract, and write it as JSON; raises Invalid with a pointer for each fault.

    The text is what is checked: that is quicker than to check the value and write what came of it.
    """
    rendered = to_json(value)
    try:
        return model.model_validate_json(rendered), rendered
    except ValidationError:
        return validate(model, value), rendered


def list_faults(error: ValidationError) -> tuple[Fault, ...]:
    """Turn pydantic's errors into faults with JSON Pointers (RFC 6901), at most a hundred.

    A list with a faulty member pydantic calls too short besides, for it counts the good ones only: that is left out.
    A fault that a whole model found names its field in `at`.
    """
    found = error.errors(include_url=False, include_input=False)
    lists = {fault["loc"][:place] for fault in found for place in range(len(fault["loc"]))}
    return tuple(
        Fault(_fault_pointer(fault), validation_code(fault), validation_message(fault))
        for fault in found
        if fault["type"] != "too_short" or fault["loc"] not in lists
    )[:100]


def _fault_pointer(fault: Any) -> str:
    loc = fault["loc"][:-1] if fault["loc"][-1:] == ("[key]",) else fault["loc"]
    return json_pointer((*loc, *fault.get("ctx", {}).get("at", ())))


def json_pointer(path: tuple[int | str, ...]) -> str:
    """Write a place in a body as a JSON Pointer."""
    return "".join("/" + str(place).replace("~", "~0").replace("/", "~1") for place in path)
