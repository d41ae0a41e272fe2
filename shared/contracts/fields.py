"""The field types of every message: days, countries, codes and texts, each with its limits.

A day is `YYYY-MM-DD`. A text has no NUL character, because PostgreSQL cannot store it. Quantities are in `quantities`.
"""

import base64
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from shared.cites.time_zones import country_codes
from shared.contracts.limits import NAME_LENGTH, NUMBER_LENGTH, TEXT_LENGTH

_DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
STORED_CONTEXT = {"stored": "content that was valid when the hub stored it"}
"""The context in which stored content is validated. Rules that are newer than the content do not apply to it."""
FIRST_YEAR, LAST_YEAR = "1900", "2999"


_LETTER, _LETTERS = re.compile(r"[^\W\d_]"), re.compile(r"[^\W\d_]+")
_RANK_WORDS = frozenset({"spp", "sp", "subsp", "ssp", "var", "f", "fa", "cf", "aff", "hybrid", "hybrids", "x"})
"""Words that accompany a name. Alone, they name no taxon."""
TAXON_NAMELESS_MESSAGE = "Expected a scientific name: a species, or a genus or family with all its species."


def first_duplicate_index(values: Iterable[object]) -> int | None:
    """Return the index of the first value that occurred before, or None."""
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            return index
        seen.add(value)
    return None


def _parse_day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY_PATTERN.fullmatch(value) and FIRST_YEAR <= value[:4] <= LAST_YEAR:
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("not_a_day", "Expected a day in the form YYYY-MM-DD, from 1900 to 2999.")


def _parse_timestamp(value: Any) -> datetime:
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value.upper())
    if isinstance(value, datetime) and value.tzinfo is not None and FIRST_YEAR <= f"{value.year:04}" <= LAST_YEAR:
        return value.astimezone(UTC)
    raise PydanticCustomError(
        "not_a_time", "Expected a time of RFC 3339 with its time zone, such as 2026-03-01T09:30:00Z."
    )


def format_timestamp(value: datetime) -> str:
    """Return a time in UTC as RFC 3339 with microseconds: `2026-03-01T09:30:00.000000Z`."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _require_known_country(code: str) -> str:
    if code not in country_codes():
        raise PydanticCustomError(
            "unknown_country", "Expected a country: two capital letters of ISO 3166-1 alpha-2, such as ZA."
        )
    return code


def _require_not_blank(reason: str) -> str:
    if not reason.strip():
        raise PydanticCustomError("blank", "Expected a reason in words. Other officers read it later.")
    return reason


def _require_letter(taxon: str, info: ValidationInfo) -> str:
    if _LETTER.search(taxon) is None and info.context is not STORED_CONTEXT:
        raise PydanticCustomError("taxon_nameless", TAXON_NAMELESS_MESSAGE)
    return taxon


def _require_taxon_name(taxon: str, info: ValidationInfo) -> str:
    if _RANK_WORDS.issuperset(_LETTERS.findall(taxon.casefold())) and info.context is not STORED_CONTEXT:
        raise PydanticCustomError("taxon_nameless", TAXON_NAMELESS_MESSAGE)
    return taxon


def _parse_id(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and len(value) == 36:
        with suppress(ValueError):
            return UUID(value)
    raise PydanticCustomError("not_an_id", "Expected an id: a UUID (RFC 9562).")


Day = Annotated[date, BeforeValidator(_parse_day)]
Timestamp = Annotated[
    datetime,
    BeforeValidator(_parse_timestamp),
    PlainSerializer(format_timestamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
Id = Annotated[UUID, BeforeValidator(_parse_id)]

_NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LENGTH, pattern=_NO_NUL)]
Reason = Annotated[
    Text, AfterValidator(_require_not_blank), Field(json_schema_extra={"pattern": r"^[^\x00]*[^\x00\s][^\x00]*$"})
]
"""The reason of an act, for later readers: not only blanks."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH, pattern=_NO_NUL)]
LETTER_REQUIRED_SCHEMA = Field(json_schema_extra={"pattern": r"^[^\x00]*[A-Za-z][^\x00]*$"})
DeclaredTaxon = Annotated[Name, AfterValidator(_require_letter)]
"""A scientific name as a trader states it: at least one Latin letter."""
Taxon = Annotated[Name, AfterValidator(_require_taxon_name), LETTER_REQUIRED_SCHEMA]
"""A scientific name on a permit, by which the hub finds its lines: more than `spp.` or a hybrid cross."""
ShortText = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=NUMBER_LENGTH, pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"
    ),
]
"""A number or reference as printed on a document: no control characters, no blank at either end."""
Country = Annotated[
    str, AfterValidator(_require_known_country), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})
]
"""A country of ISO 3166-1 alpha-2."""
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""Two capital letters, for a query about a country that may not exist."""
LineLetter = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,4}$")]
HsCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,10}$")]


class WireModel(BaseModel):
    """A message between programs: frozen and strict. It refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Trader(WireModel):
    """The exporter (box 4) or importer (box 3) as a permit or a declaration names it."""

    name: Annotated[Name, Field(description="Name of the trader, 1 to 200 characters")]
    country: Annotated[Country, Field(description="Country of the trader, ISO 3166-1 alpha-2")]
    identifier: Annotated[
        ShortText | None, Field(description="EORI number, or the number that the country gave to the trader")
    ] = None


def render_digest(digest: bytes) -> str:
    """Return a SHA-256 digest as a Digest field (RFC 9530): `sha-256=:…:`, base64."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"
