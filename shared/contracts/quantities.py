"""Quantities in messages: decimals of at most 38 digits, never floats.

A message to the hub states a quantity as a string or a number. The hub writes a string without exponent or trailing
zeros.
"""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.limits import Limit, LimitSubject

EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow])
"""Arithmetic that is exact or raises: a sum of 38-digit quantities never rounds silently."""

_NUMBER_PATTERN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_FAST_PATH_PATTERN = r"[1-9][0-9]{0,14}(\.[0-9]{1,9})?"
"""Quantities that are within every limit, so that no limit needs a check."""
_FAST_PATH_QUANTITY = re.compile(_FAST_PATH_PATTERN)
_COUNT_PATTERN = re.compile(r"[0-9]{1,10}")
MAX_DIGITS = Limit(
    38,
    "digits",
    subject=LimitSubject.DECLARATIONS,
    meaning="Digits of a quantity",
    beyond="422 `too-many-digits`",
)


class FastPath:
    """Accepts usual JSON values without a call into Python. All other values pass the full check."""

    def __init__(self, fast_schema: CoreSchema) -> None:
        self._fast_schema = fast_schema

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that tries the usual values first where it reads JSON in one pass."""
        whole = handler(source)
        either = core_schema.union_schema([self._fast_schema, whole], mode="left_to_right")
        return core_schema.json_or_python_schema(json_schema=either, python_schema=whole)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the JSON schema of the full check."""
        return handler(schema["python_schema"])


_QUANTITY_FAST_PATH = FastPath(
    core_schema.no_info_after_validator_function(Decimal, core_schema.str_schema(pattern=f"^{_FAST_PATH_PATTERN}$"))
)


def format_quantity(quantity: Decimal) -> str:
    """Return a quantity without exponent or trailing zeros: `118`, `0.25`."""
    return "0" if quantity.is_zero() else format(EXACT.normalize(quantity), "f")


def _parse_decimal(value: Any) -> Decimal:
    if isinstance(value, str) and _FAST_PATH_QUANTITY.fullmatch(value):
        return Decimal(value)
    if (
        (isinstance(value, str) and _NUMBER_PATTERN.fullmatch(value) and len(value) <= 64)
        or isinstance(value, Decimal)
        or (isinstance(value, int) and not isinstance(value, bool))
    ):
        number = Decimal(value)
    else:
        raise PydanticCustomError(
            "not_a_quantity", 'Expected a quantity: a number, or a decimal in a string such as "0.25".'
        )
    return _require_within_limits(number)


def _require_within_limits(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise PydanticCustomError("not_finite", "Expected a finite quantity.")
    exponent = int(number.as_tuple().exponent)
    if max(len(number.as_tuple().digits), len(number.as_tuple().digits) + exponent, -exponent) > MAX_DIGITS:
        raise PydanticCustomError("too_many_digits", "Expected a quantity of at most 38 digits.")
    return number


def _require_positive(number: Decimal) -> Decimal:
    if number <= 0:
        raise PydanticCustomError("not_positive", "Expected a quantity above zero.")
    return number


def _require_not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise PydanticCustomError("negative", "Expected a quantity of zero or more.")
    return number


def _parse_count(value: Any) -> Any:
    return int(value) if isinstance(value, str) and _COUNT_PATTERN.fullmatch(value) else value


_QUANTITY_INPUT_SCHEMA = WithJsonSchema(
    {
        "anyOf": [{"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}, {"type": "number", "minimum": 0}],
        "description": "A decimal of at most 38 digits",
        "examples": ["118", "0.25"],
    },
    mode="validation",
)
_QUANTITY_OUTPUT_SCHEMA = WithJsonSchema(
    {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", "examples": ["118", "0.25"]}, mode="serialization"
)

Quantity = Annotated[
    Decimal,
    BeforeValidator(_parse_decimal),
    AfterValidator(_require_positive),
    _QUANTITY_FAST_PATH,
    PlainSerializer(format_quantity, return_type=str),
    _QUANTITY_INPUT_SCHEMA,
    _QUANTITY_OUTPUT_SCHEMA,
]
"""A decimal above zero."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_parse_decimal),
    AfterValidator(_require_not_negative),
    _QUANTITY_FAST_PATH,
    PlainSerializer(format_quantity, return_type=str),
    _QUANTITY_INPUT_SCHEMA,
    _QUANTITY_OUTPUT_SCHEMA,
]
"""A decimal of zero or more."""
Count = Annotated[
    int,
    Field(ge=0, le=10**9),
    BeforeValidator(_parse_count),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 10**9}, {"type": "string", "pattern": "^[0-9]{1,9}$"}]},
        mode="validation",
    ),
]
"""A count of whole things, as a number or in a string like any other quantity."""
