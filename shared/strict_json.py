"""Strict parsing of bodies: JSON without duplicate names, NaN or deep nesting, then the contract."""

import re
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

import jiter
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from shared.limits import Limit, LimitSubject
from shared.problems import Fault, Invalid
from shared.validation_faults import MAX_SHOWN_LENGTH, validation_code, validation_message

Model = TypeVar("Model", bound=BaseModel)
MAX_DEPTH = Limit(
    32,
    "levels",
    subject=LimitSubject.REQUESTS,
    meaning="Depth of a JSON document",
    beyond="400 `malformed-json`",
)
MAX_POINTER_PART = Limit(
    64,
    "characters",
    subject=LimitSubject.REQUESTS,
    meaning="A name of the body that a JSON Pointer of a problem shows",
    beyond="The name is cut, and ends in an ellipsis.",
)
OWN_PROBLEM_CODES = frozenset(
    {f"unknown-{what}" for what in ("appendix", "country", "kind", "purpose", "source", "term", "unit")}
    | {"forbidden-character", "look-alike-characters", "taxon-nameless", "too-many-digits"}
)
"""Fault codes that become the problem's code if the body has no other fault: an unlisted code, too many digits."""
DUPLICATE_NAME = re.compile(r'Detected duplicate key (?P<name>".*") (?P<place>at line [0-9]+ column [0-9]+)', re.DOTALL)
"""The parser's message about a name that an object has twice."""
BYTE_ORDER_MARK, UTF_16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
BLANKS_BEFORE_COLON = (b" :", b"\t:", b"\n:", b"\r:")


def parse_json(body: bytes) -> Any:
    """Parse JSON strictly: no duplicate names, no NaN or infinity, at most 32 levels, exact decimals. Raise Invalid."""
    try:
        value = jiter.from_json(body, allow_inf_nan=False, float_mode="decimal", catch_duplicate_keys=True)
    except (ValueError, RecursionError) as error:
        raise Invalid("malformed-json", _syntax_fault(body, str(error))) from None
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise Invalid(
            "malformed-json",
            f"The body is nested deeper than {MAX_DEPTH} levels, the limit of the hub. Send fewer levels.",
        )
    return value


def _syntax_fault(body: bytes, message: str) -> str:
    """Return why a body is not valid JSON, and the next step. The parser's own message names the line and column."""
    if not body.strip():
        return "The body is empty. Send a JSON object."
    if body.startswith(BYTE_ORDER_MARK):
        return (
            "The body begins with a byte order mark (EF BB BF). Send UTF-8 without a byte order mark (RFC 8259, 8.1)."
        )
    if body.startswith(UTF_16_MARKS):
        return "The body begins with the byte order mark of UTF-16 or UTF-32. Send UTF-8 without a byte order mark."
    if found := DUPLICATE_NAME.fullmatch(message):
        name = f" {found['name']}" if len(found["name"]) <= MAX_SHOWN_LENGTH else ""
        return f"An object of the body has the name{name} twice, {found['place']}. Send each name once."
    reason = message.replace("EOF while parsing", "the body ends within")
    return f"The body is not valid JSON: {reason}. Correct it and send it again."


def parse_body(model: type[Model], body: bytes, count_names: Callable[[Model], int]) -> Model:
    """Parse a body strictly and check it against its contract, in one pass if the result is the same.

    `count_names` counts the names in the body. If the one pass refuses the body, the strict parser finds the faults.
    Raise Invalid.
    """
    try:
        found = model.model_validate_json(body)
    except ValidationError:
        return validate(model, parse_json(body))
    return found if _has_no_duplicate_names(body, count_names(found)) else validate(model, parse_json(body))


def _has_no_duplicate_names(body: bytes, names: int) -> bool:
    """Return whether no object of the body has a name twice. `names` counts the names without repetitions.

    A colon follows each name, and texts can only add colons. So the body has no repetition if the counts are equal. A
    contract without floats enforces the other strict rules: it refuses unknown fields, which may be too deep, and
    numbers that are not whole. `parse_body` then parses that body strictly, which keeps the digits of its numbers.
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
    """Check a parsed body against its contract. Raise Invalid with a JSON Pointer for each fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _body_error(list_faults(error)) from None


def _body_error(found: tuple[Fault, ...]) -> Invalid:
    codes = {fault.code for fault in found}
    if len(codes) == 1 and codes <= OWN_PROBLEM_CODES:
        return Invalid(found[0].code, f"{found[0].detail} `errors` names each place.", found)
    if len(found) == 1:
        detail = "The body breaks the contract at one place. `errors` names it. Correct it and send the body again."
    else:
        detail = (
            f"The body breaks the contract at {len(found)} places. `errors` names each. Correct them and send it again."
        )
    return Invalid("invalid-body", detail, found)


def validate_and_render(model: type[Model], value: Any) -> tuple[Model, bytes]:
    """Check a value against its contract, and render it as JSON. Raise Invalid with a JSON Pointer for each fault.

    The rendered text is checked: that is quicker than to check the value and render the result.
    """
    rendered = to_json(value)
    try:
        return model.model_validate_json(rendered), rendered
    except ValidationError:
        return validate(model, value), rendered


def list_faults(error: ValidationError) -> tuple[Fault, ...]:
    """Return pydantic's errors as faults with JSON Pointers (RFC 6901), at most a hundred.

    If a list has a faulty member, pydantic also calls the list too short, because it counts only the valid members.
    This second error is omitted. A fault that a whole model found names its field in `at`.
    """
    found = error.errors(include_url=False)
    lists = {fault["loc"][:place] for fault in found for place in range(len(fault["loc"]))}
    kept = (fault for fault in found if fault["type"] != "too_short" or fault["loc"] not in lists)
    return tuple(
        Fault(_fault_pointer(fault), validation_code(fault), validation_message(fault)) for fault in islice(kept, 100)
    )


def _fault_pointer(fault: Any) -> str:
    loc = fault["loc"][:-1] if fault["loc"][-1:] == ("[key]",) else fault["loc"]
    return json_pointer((*loc, *fault.get("ctx", {}).get("at", ())))


def json_pointer(path: tuple[int | str, ...]) -> str:
    """Render a place in a body as a JSON Pointer. A name that no contract has may be long: it is cut."""
    return "".join("/" + _cut(str(place)).replace("~", "~0").replace("/", "~1") for place in path)


def _cut(name: str) -> str:
    return name if len(name) <= MAX_POINTER_PART else f"{name[: MAX_POINTER_PART - 1]}…"
