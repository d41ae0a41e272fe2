"""Faults in the words of someone who writes JSON: pydantic's own speak of tuples, models and patterns."""

import re
from typing import Any

MESSAGES_BY_TYPE = {
    "missing": "This is required, and is not there",
    "extra_forbidden": "The contract has no such field: leave it out, or see how it is spelt",
    "model_type": "This is an object",
    "model_attributes_type": "This is an object",
    "dict_type": "This is an object",
    "tuple_type": "This is a list",
    "list_type": "This is a list",
    "string_type": "This is a text, in quotes",
    "string_too_short": "This text is not empty",
    "string_too_long": "This text has at most {max_length} characters",
    "int_type": "This is a whole number, without quotes",
    "int_parsing": "This is a whole number",
    "int_from_float": "This is a whole number",
    "bool_type": "This is true or false, without quotes",
    "greater_than_equal": "This is {ge} or more",
    "less_than_equal": "This is {le} or less",
    "uuid_parsing": "This is no id (UUID); a cursor is the `next_cursor` of an earlier answer",
    "uuid_type": "This is a UUID, in quotes",
    "literal_error": "This is one of {expected}",
    "enum": "This is one of {expected}",
}
MESSAGES_BY_PATTERN = {
    "^[A-Z]{2}$": "A country is two capital letters (ISO 3166-1 alpha-2): ZA",
    "^[A-Z0-9]{1,4}$": "A line is one to four capital letters or digits: A",
    "^[0-9]{4,10}$": "An HS code is four to ten digits: 410320",
    r"^[^\x00]*$": "A text holds no NUL character",
    r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$": (
        "No blank stands first or last here, and no control character"
    ),
    r"^[^\x00-\x1f\x7f]+$": "No control character stands here",
    r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s\x00-\x20]+$": "A URL is written https://host/path, without blanks",
    r"^(\*|[a-z]+\.\*|[a-z]+\.[a-z_]+)$": (
        "Events are named by type, declaration.released, by family, declaration.*, or all together, *"
    ),
    r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$": "The name of a header is letters, digits and hyphens: X-Our-Key",
    r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$": "The value of a header is ASCII, with no blank first or last",
}


def validation_message(error: Any) -> str:
    """Answer what one of pydantic's faults asks for; what is not worded here keeps its own words."""
    message = str(error["msg"]).removeprefix("Value error, ")
    context = error.get("ctx", {})
    if error["type"] in {"too_short", "too_long"}:
        return re.sub(r"^\w+ should have (.+?) after validation, not \w+$", r"This list has \1", message)
    if error["type"] == "string_pattern_mismatch":
        return MESSAGES_BY_PATTERN.get(str(context.get("pattern")), message)
    if error["type"] == "string_too_short" and context.get("min_length") != 1:
        return message
    try:
        return MESSAGES_BY_TYPE[error["type"]].format_map(context)
    except KeyError:  # not worded here, or a fault of our own that bears the name of one of pydantic's
        return message
