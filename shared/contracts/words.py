"""The words every message is made of: quantities, days, countries, texts, each with its limits.

Numbers are decimals of at most 38 digits, never floats; days are `YYYY-MM-DD`; texts carry no NUL, which PostgreSQL
could not keep. Input may state a quantity as a string or a number, output is always a string without exponent or
trailing zeros.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.cites.zones import countries

EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow])
"""Arithmetic that is exact or raises: sums of 38-digit quantities never round in silence."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
_USUAL_TEXT = r"[1-9][0-9]{0,14}(\.[0-9]{1,9})?"
"""Quantities that no limit need be asked of."""
_USUAL = re.compile(_USUAL_TEXT)
_COUNT = re.compile(r"[0-9]{1,10}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST_DIGITS = 38
FIRST_YEAR, LAST_YEAR = "1900", "2999"


class AtOnce:
    """Lets what is usual in JSON pass without a call into Python; the rest is checked, and refused, as everywhere."""

    def __init__(self, usual: CoreSchema) -> None:
        self._usual = usual

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Try what is usual first, where JSON is read in one pass."""
        whole = handler(source)
        either = core_schema.union_schema([self._usual, whole], mode="left_to_right")
        return core_schema.json_or_python_schema(json_schema=either, python_schema=whole)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the whole."""
        return handler(schema["python_schema"])


_USUAL_QUANTITY = AtOnce(
    core_schema.no_info_after_validator_function(Decimal, core_schema.str_schema(pattern=f"^{_USUAL_TEXT}$"))
)


def first_twice(names: Iterable[object]) -> int | None:
    """Answer the place of the first name that was there before; None when each is there once."""
    seen: set[object] = set()
    for place, name in enumerate(names):
        if name in seen:
            return place
        seen.add(name)
    return None


def plain(quantity: Decimal) -> str:
    """Write a quantity without exponent or trailing zeros: `118`, `0.25`."""
    return "0" if quantity.is_zero() else format(EXACT.normalize(quantity), "f")


def _decimal(value: Any) -> Decimal:
    if isinstance(value, str) and _USUAL.fullmatch(value):
        return Decimal(value)
    if (
        (isinstance(value, str) and _NUMBER.fullmatch(value) and len(value) <= 64)
        or isinstance(value, Decimal)
        or (isinstance(value, int) and not isinstance(value, bool))
    ):
        number = Decimal(value)
    else:
        raise PydanticCustomError("not_a_quantity", 'A quantity is a number or a decimal in a string: "118", "0.25"')
    return _limited(number)


def _limited(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise PydanticCustomError("not_finite", "A quantity is a finite number")
    exponent = int(number.as_tuple().exponent)
    if max(len(number.as_tuple().digits), len(number.as_tuple().digits) + exponent, -exponent) > MOST_DIGITS:
        raise PydanticCustomError("too_many_digits", "A quantity has at most 38 digits")
    return number


def _positive(number: Decimal) -> Decimal:
    if number <= 0:
        raise PydanticCustomError("not_positive", "This quantity is more than zero")
    return number


def _not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise PydanticCustomError("negative", "This quantity is zero or more")
    return number


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value) and FIRST_YEAR <= value[:4] <= LAST_YEAR:
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("not_a_day", "A day is written YYYY-MM-DD, from 1900 to 2999")


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is not None and FIRST_YEAR <= f"{value.year:04}" <= LAST_YEAR:
        return value.astimezone(UTC)
    raise PydanticCustomError("not_a_time", "A time is written by RFC 3339 with its zone: 2026-03-01T09:30:00Z")


def write_moment(value: datetime) -> str:
    """Write a time by RFC 3339 in UTC, microseconds kept: `2026-03-01T09:30:00.000000Z`."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _country(code: str) -> str:
    if code not in countries():
        raise PydanticCustomError(
            "unknown_country", 'This is no country of ISO 3166-1 alpha-2: two capital letters, "ZA"'
        )
    return code


def _said(reason: str) -> str:
    if not reason.strip():
        raise PydanticCustomError("blank", "A reason is more than blanks: say why, for those who read it later")
    return reason


def _count(value: Any) -> Any:
    return int(value) if isinstance(value, str) and _COUNT.fullmatch(value) else value


def _id(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and len(value) == 36:
        with suppress(ValueError):
            return UUID(value)
    raise PydanticCustomError("not_an_id", "An id is a UUID (RFC 9562)")


_QUANTITY_SCHEMA = WithJsonSchema(
    {
        "anyOf": [{"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}, {"type": "number", "minimum": 0}],
        "description": "A decimal of at most 38 digits",
        "examples": ["118", "0.25"],
    },
    mode="validation",
)
_WRITTEN_QUANTITY = WithJsonSchema(
    {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", "examples": ["118", "0.25"]}, mode="serialization"
)

Quantity = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_positive),
    _USUAL_QUANTITY,
    PlainSerializer(plain, return_type=str),
    _QUANTITY_SCHEMA,
    _WRITTEN_QUANTITY,
]
"""More than zero."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_not_negative),
    _USUAL_QUANTITY,
    PlainSerializer(plain, return_type=str),
    _QUANTITY_SCHEMA,
    _WRITTEN_QUANTITY,
]
"""Zero or more."""
Count = Annotated[
    int,
    Field(ge=0, le=10**9),
    BeforeValidator(_count),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 10**9}, {"type": "string", "pattern": "^[0-9]{1,9}$"}]},
        mode="validation",
    ),
]
"""How many whole things, as a number or in a string like any other quantity."""
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(write_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
Id = Annotated[UUID, BeforeValidator(_id)]

_NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_NO_NUL)]
Reason = Annotated[Text, AfterValidator(_said), Field(json_schema_extra={"pattern": r"^[^\x00]*[^\x00\s][^\x00]*$"})]
"""Why something was done, for those who read it later: more than blanks."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_NUL)]
Token = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"),
]
"""A number or reference as printed on a document: no control characters, no blank at either end."""
Country = Annotated[str, AfterValidator(_country), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})]
"""ISO 3166-1 alpha-2."""
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""Two capital letters: what is asked about a country, whether or not there is such a one."""
LineLetter = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,4}$")]
HsCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,10}$")]


class Listed:
    """Gives a code that is not in its list an error of its own name, `unknown_<what>`, at no cost to those that are."""

    def __init__(self, what: str, where: str) -> None:
        self._type = f"unknown_{what}"
        self._message = f"This code is not known; see {where}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Wrap the list's own check."""
        return core_schema.custom_error_schema(
            handler(source), custom_error_type=self._type, custom_error_message=self._message
        )


Unit = Annotated[
    Literal["number", "g", "kg", "mg", "t", "ml", "l", "mm", "cm", "m", "cm2", "m2", "cm3", "m3", "pair"],
    Listed("unit", "/v1/reference/units"),
]
Purpose = Annotated[
    Literal["B", "E", "G", "H", "L", "M", "N", "P", "Q", "S", "T", "Z"], Listed("purpose", "/v1/reference/purposes")
]
Source = Annotated[
    Literal["A", "C", "D", "F", "I", "O", "R", "U", "W", "X", "Y"], Listed("source", "/v1/reference/sources")
]
UnderlyingSource = Annotated[
    Literal["A", "C", "D", "F", "R", "U", "W", "X", "Y"], Listed("source", "/v1/reference/sources")
]
Appendix = Annotated[Literal["I", "II", "III"], Listed("appendix", "the Convention: I, II or III")]
Role = Literal["trader", "customs", "authority", "partner", "admin"]
Movement = Literal["import", "export"]


class Wire(BaseModel):
    """A message as it crosses a wire: frozen, strict, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Trader(Wire):
    """The exporter (box 4) or importer (box 3) as named on a permit or a declaration."""

    name: Name
    country: Country
    identifier: Annotated[Token | None, Field(description="EORI or the country's own number of the trader")] = None
