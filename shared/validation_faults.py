"""Faults of a body or a parameter in the hub's own words, because pydantic's words name tuples, models and enums."""

import json
from decimal import Decimal
from typing import Any

from shared.contracts.faults import FAULT_CODES
from shared.contracts.problems.catalogue import PROBLEM_CODES
from shared.contracts.suggestions import suggest
from shared.limits import Limit, LimitSubject

OTHER_CODE = "invalid-value"
"""The code of a fault that has no code of its own."""
CODES_BY_TYPE = {
    "missing": "required",
    "union_tag_not_found": "required",
    "extra_forbidden": "unknown-field",
    "literal_error": "not-in-list",
    "enum": "not-in-list",
    "union_tag_invalid": "not-in-list",
    "string_too_long": "too-long",
    "bytes_too_long": "too-long",
    "url_too_long": "too-long",
    "too_long": "too-long",
    "string_too_short": "too-short",
    "bytes_too_short": "too-short",
    "too_short": "too-short",
    "string_pattern_mismatch": "invalid-format",
    "string_not_ascii": "invalid-format",
    "string_type": "not-a-text",
    "string_unicode": "not-a-text",
    "bytes_type": "not-a-text",
    "invalid_key": "not-a-text",
    "int_type": "not-a-whole-number",
    "int_parsing": "not-a-whole-number",
    "int_parsing_size": "too-large",
    "int_from_float": "not-a-whole-number",
    "float_type": "not-a-number",
    "float_parsing": "not-a-number",
    "decimal_type": "not-a-number",
    "decimal_parsing": "not-a-number",
    "decimal_max_digits": "too-many-digits",
    "decimal_max_places": "too-many-digits",
    "decimal_whole_digits": "too-many-digits",
    "finite_number": "not-finite",
    "bool_type": "not-a-boolean",
    "bool_parsing": "not-a-boolean",
    "model_type": "not-an-object",
    "model_attributes_type": "not-an-object",
    "dataclass_type": "not-an-object",
    "dict_type": "not-an-object",
    "mapping_type": "not-an-object",
    "list_type": "not-a-list",
    "tuple_type": "not-a-list",
    "set_type": "not-a-list",
    "frozen_set_type": "not-a-list",
    "iterable_type": "not-a-list",
    "greater_than": "too-small",
    "greater_than_equal": "too-small",
    "less_than": "too-large",
    "less_than_equal": "too-large",
    "date_type": "not-a-day",
    "date_parsing": "not-a-day",
    "date_from_datetime_parsing": "not-a-day",
    "date_from_datetime_inexact": "not-a-day",
    "date_past": "in-the-future",
    "date_future": "in-the-past",
    "datetime_type": "not-a-time",
    "datetime_parsing": "not-a-time",
    "datetime_from_date_parsing": "not-a-time",
    "datetime_past": "in-the-future",
    "datetime_future": "in-the-past",
    "timezone_aware": "not-a-time",
    "url_type": "not-a-url",
    "url_parsing": "not-a-url",
    "url_syntax_violation": "not-a-url",
    "url_scheme": "not-a-url",
    "uuid_type": "not-an-id",
    "uuid_parsing": "not-an-id",
    "uuid_version": "not-an-id",
    "json_invalid": "malformed-json",
    "json_type": "malformed-json",
}
"""The hub's code for each type of error that pydantic reports for a contract."""
MESSAGES_BY_TYPE = {
    "missing": "This is required and is missing.",
    "extra_forbidden": "The contract has no such field. Leave it out, or correct its name.",
    "string_too_short": "Expected a text of at least {min_length} characters.",
    "string_too_long": "Expected a text of at most {max_length} characters.",
    "int_type": "Expected a whole number, without quotes.",
    "bool_type": "Expected true or false, without quotes.",
    "greater_than": "Expected a number above {gt}.",
    "greater_than_equal": "Expected {ge} or more.",
    "less_than": "Expected a number below {lt}.",
    "less_than_equal": "Expected {le} or less.",
    "uuid_parsing": "Expected an id (UUID). A cursor is the `next_cursor` of an earlier response.",
    "uuid_type": "Expected a UUID, in quotes.",
    "literal_error": "Expected one of {expected}.",
    "enum": "Expected one of {expected}.",
    "string_pattern_mismatch": "Expected a text that matches {pattern}.",
}
MESSAGES_BY_CODE = {
    "not-a-text": "Expected a text, in quotes.",
    "not-a-whole-number": "Expected a whole number.",
    "not-a-number": "Expected a number.",
    "not-a-boolean": "Expected true or false.",
    "not-an-object": "Expected an object.",
    "not-a-list": "Expected a list.",
    "not-a-day": "Expected a day in the form YYYY-MM-DD.",
    "not-a-time": "Expected a time of RFC 3339 with its time zone, such as 2026-03-01T09:30:00Z.",
    "not-a-url": "Expected a URL without blanks, such as https://host/path.",
    "not-an-id": "Expected an id: a UUID (RFC 9562).",
}
MESSAGES_BY_PATTERN = {
    "^[A-Z]{2}$": "Expected a country: two capital letters of ISO 3166-1 alpha-2, such as ZA.",
    "^[A-Z0-9]{1,4}$": "Expected a line: one to four capital letters or digits, such as A.",
    "^[0-9]{4,10}$": "Expected an HS code of four to ten digits, such as 410320.",
    r"^[^\x00]*$": "Expected a text without the character NUL.",
    r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$": (
        "Expected a text without control characters, and without a blank at its beginning or end."
    ),
    r"^[^\x00-\x1f\x7f]+$": "Expected a text without control characters.",
    r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s\x00-\x20]+$": "Expected a URL without blanks, such as https://host/path.",
    r"^(\*|[a-z]+\.\*|[a-z]+\.[a-z_]+)$": (
        "Expected an event type such as declaration.released, a family such as declaration.*, or * for all."
    ),
    r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$": (
        "Expected the name of a header: letters and digits with hyphens, such as X-My-Key."
    ),
    r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$": (
        "Expected the value of a header: ASCII characters, without a blank at its beginning or end."
    ),
}
CODES_WITH_VALUE = frozenset(
    "not-a-boolean not-a-day not-a-number not-a-quantity not-a-time not-a-whole-number not-an-id not-in-list negative "
    "not-positive too-large too-small unknown-appendix unknown-country unknown-event-type unknown-kind unknown-purpose "
    "unknown-source unknown-term unknown-unit".split()
)
"""Codes of faults whose message shows the value that was found: numbers, days and codes, never free text or secrets."""
PATTERNS_WITH_VALUE = frozenset({"^[A-Z0-9]{1,4}$", "^[0-9]{4,10}$"})
"""Patterns of codes whose message shows the value that was found: lines and HS codes."""
TYPES_BY_CODE: dict[str, tuple[type, ...]] = {
    "not-a-text": (str, bytes),
    "not-an-object": (dict,),
    "not-a-list": (list, tuple),
}
"""The types that a code expects. Its message shows the kind of another value, never the value."""
UNQUOTED_TYPES = frozenset({"int_type", "bool_type"})
"""Types of error whose message shows a text with its quotes, because the quotes are the fault."""
MAX_SHOWN_LENGTH = Limit(
    40,
    "characters",
    subject=LimitSubject.REQUESTS,
    meaning="A found value that a problem shows",
    beyond="The value is cut.",
)
WORDED_BY_US = frozenset({"value_error", "assertion_error"})
"""Types of error whose message is the text of an exception that a contract of the hub raised."""


def validation_code(error: Any) -> str:
    """Return the hub's code for one of pydantic's errors. It is always a code of the catalogues."""
    code = CODES_BY_TYPE.get(error["type"]) or str(error["type"]).replace("_", "-")
    return code if code in FAULT_CODES or code in PROBLEM_CODES else OTHER_CODE


def validation_message(error: Any) -> str:
    """Return what the contract expects at the place of one of pydantic's errors, with the value found if it is short.

    For an unknown code it suggests the codes that the value may mean.
    """
    code = validation_code(error)
    return _expectation(error, code) + _found(error, code) + suggest(code, error.get("input"))


def _found(error: Any, code: str) -> str:
    if "input" not in error:
        return ""
    value, pattern = error["input"], error.get("ctx", {}).get("pattern")
    if code in CODES_WITH_VALUE or pattern in PATTERNS_WITH_VALUE:
        return _found_value(value, quoted=error["type"] in UNQUOTED_TYPES)
    if code in TYPES_BY_CODE and not isinstance(value, TYPES_BY_CODE[code]):
        return _found_kind(value)
    return ""


def _found_kind(value: Any) -> str:
    """Return the kind of a value in the words of JSON."""
    if value is None or isinstance(value, bool):
        return f" Found: {json.dumps(value)}."
    kinds = (((str,), "a text"), ((int, float, Decimal), "a number"), ((dict,), "an object"), ((list,), "a list"))
    return next((f" Found: {kind}." for types, kind in kinds if isinstance(value, types)), "")


def _found_value(value: Any, *, quoted: bool) -> str:
    if isinstance(value, str) and value.isprintable():
        shown = f'"{value}"' if quoted else value
    elif isinstance(value, bool | int | float | Decimal):
        shown = str(value)
    else:
        return ""
    return f" Found: {shown}." if 0 < len(shown) <= MAX_SHOWN_LENGTH else ""


def _expectation(error: Any, code: str) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in WORDED_BY_US:
        return str(error["msg"]).partition(", ")[2]
    if kind not in CODES_BY_TYPE and code != OTHER_CODE:  # a type of error that the hub's contracts define
        return str(error["msg"])
    if kind in {"too_short", "too_long"}:
        return _list_length(context)
    template = _template(kind, context)
    return MESSAGES_BY_CODE.get(code) or _meaning(code) if template is None else template.format_map(context)


def _template(kind: str, context: Any) -> str | None:
    if kind == "string_too_short" and context.get("min_length") == 1:
        return "Expected a text that is not empty."
    if kind == "string_pattern_mismatch" and context.get("pattern") in MESSAGES_BY_PATTERN:
        return MESSAGES_BY_PATTERN[context["pattern"]].replace("{", "{{").replace("}", "}}")
    return MESSAGES_BY_TYPE.get(kind)


def _list_length(context: Any) -> str:
    least, most = context.get("min_length"), context.get("max_length")
    bound, count = ("at least", least) if least is not None else ("at most", most)
    return f"Expected a list of {bound} {count} item{'' if count == 1 else 's'}."


def _meaning(code: str) -> str:
    known = PROBLEM_CODES.get(code)
    return known.meaning if known else FAULT_CODES[code]
