"""The field types of every message: days, countries, codes and texts, each with its limits.

A day is `YYYY-MM-DD`. `characters` says which characters a text may have; each text is parsed into NFC. Quantities are
in `quantities`.
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
from pydantic_core import PydanticCustomError, PydanticKnownError, core_schema

from shared.cites.time_zones import country_codes, declared_country_codes, iso_country_codes
from shared.contracts.characters import JOINERS, LINE_MARKS, describe_character, find_forbidden, to_nfc
from shared.contracts.comparison import NO_CONTENT, comparison_key, is_blank
from shared.contracts.limits import NAME_LENGTH, NUMBER_LENGTH, TEXT_LENGTH
from shared.contracts.look_alikes import find_stray_sign, looks_like_another
from shared.contracts.quantities import FastPath

_DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
STORED_CONTEXT = {"stored": "content that was valid when the hub stored it"}
"""The context in which stored content is validated. Rules that are newer than the content do not apply to it."""
FIRST_YEAR, LAST_YEAR = "1900", "2999"


_LETTER, _LETTERS = re.compile(r"[^\W\d_]"), re.compile(r"[^\W\d_]+")
_RANK_WORDS = frozenset({"spp", "sp", "subsp", "ssp", "var", "f", "fa", "cf", "aff", "hybrid", "hybrids", "x"})
"""Words that accompany a name. Alone, they name no taxon."""
LOOK_ALIKE_MESSAGE = (
    "Expected letters and digits of one script, without marks or signs that look like others. This text looks like "
    "another number. Type it as the document prints it."
)
STRAY_SIGN_MESSAGE = "Expected a text without the character {sign} ({character}). {remedy}"
_TYPED_INSTEAD = dict.fromkeys("‘’‚‛ʹʻʼʽˈ′‵‹›", "'") | dict.fromkeys("“”„‟«»", '"')
"""Apostrophes and quotation marks that word processors write, and the character of the keyboard for each."""
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


def _unknown_country() -> PydanticCustomError:
    return PydanticCustomError(
        "unknown_country", "Expected a country: two capital letters of ISO 3166-1 alpha-2, such as ZA."
    )


def _require_known_country(code: str) -> str:
    if code not in country_codes():
        raise _unknown_country()
    return code


def _require_declared_country(code: str) -> str:
    if code not in declared_country_codes():
        raise _unknown_country()
    return code


def _require_iso_country(code: str) -> str:
    if code not in iso_country_codes():
        raise PydanticCustomError(
            "unknown_country",
            "Expected a country that exists: two capital letters of ISO 3166-1 alpha-2, such as ZA.",
        )
    return code


def require_visible(text: str, exceptions: str = "") -> str:
    """Return a text as it is. Raise an error that names its first forbidden character."""
    if (found := find_forbidden(text, exceptions)) is not None:
        message = "Expected a text without the character {character}. Leave it out."
        raise PydanticCustomError("forbidden_character", message, {"character": describe_character(found)})
    return text


def _characters(max_length: int, *, exceptions: str = "") -> AfterValidator:
    """Return the check of a text's characters. It parses the text into NFC, which may have more characters."""

    def require_characters(text: str, info: ValidationInfo) -> str:
        if info.context is STORED_CONTEXT:
            return text
        composed = to_nfc(require_visible(text, exceptions))
        if len(composed) > max_length:
            raise PydanticKnownError("string_too_long", {"max_length": max_length})
        return composed

    return AfterValidator(require_characters)


def _require_number(number: str, info: ValidationInfo) -> str:
    if info.context is STORED_CONTEXT:
        return number
    if comparison_key(number) == NO_CONTENT:
        raise PydanticCustomError("blank", "Expected more than blanks, dashes and slashes.")
    if number.isascii():
        return number
    if number != number.strip():
        raise PydanticCustomError("invalid_format", "Expected a text without a blank at its beginning or end.")
    if looks_like_another(number):
        raise _look_alike_error(number)
    return number


def _look_alike_error(number: str) -> PydanticCustomError:
    """Return the error of a number that looks like another. It names the sign, if one sign is the reason."""
    sign = find_stray_sign(number)
    if sign is None:
        return PydanticCustomError("look_alike_characters", LOOK_ALIKE_MESSAGE)
    typed = _TYPED_INSTEAD.get(sign)
    remedy = f"Type {typed} in its place." if typed else "Leave it out, or type a character of the keyboard instead."
    context = {"sign": sign, "character": describe_character(sign), "remedy": remedy}
    return PydanticCustomError("look_alike_characters", STRAY_SIGN_MESSAGE, context)


def _require_not_blank(reason: str, info: ValidationInfo) -> str:
    if is_blank(reason) and info.context is not STORED_CONTEXT:
        raise PydanticCustomError("blank", "Expected a reason in words. Other officers read it later.")
    return reason


def _require_content(text: str, info: ValidationInfo) -> str:
    if is_blank(text) and info.context is not STORED_CONTEXT:
        raise PydanticCustomError("blank", "Expected a text that a reader can see. This one shows nothing.")
    return text


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
_ASCII_NOT_BLANK = "^[ -~]*[!-~][ -~]*$"
NOT_BLANK_SCHEMA = Field(json_schema_extra={"pattern": r"^[^\x00]*[^\x00\s][^\x00]*$"})
_NUMBER_FORM = StringConstraints(
    min_length=1, max_length=NUMBER_LENGTH, pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"
)


def _fast_path(max_length: int, pattern: str) -> FastPath:
    """Return the fast path of a text: printable ASCII needs no check of its characters."""
    return FastPath(core_schema.str_schema(min_length=1, max_length=max_length, pattern=pattern))


StoredText = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LENGTH, pattern=_NO_NUL)]
"""Text in sentences that the hub stored. It may be older than the rules for its characters."""
_Sentences = Annotated[StoredText, _characters(TEXT_LENGTH, exceptions=LINE_MARKS)]
Text = Annotated[
    _Sentences, AfterValidator(_require_content), NOT_BLANK_SCHEMA, _fast_path(TEXT_LENGTH, _ASCII_NOT_BLANK)
]
"""Text in sentences: it may have tabs and line breaks."""
Reason = Annotated[
    _Sentences,
    AfterValidator(_require_not_blank),
    NOT_BLANK_SCHEMA,
]
"""The reason of an act, for later readers: not only blanks."""
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=NAME_LENGTH, pattern=_NO_NUL),
    _characters(NAME_LENGTH),
    AfterValidator(_require_content),
    NOT_BLANK_SCHEMA,
]
"""The name of a taxon, a place or a list."""
NameOfTrader = Annotated[
    str,
    StringConstraints(min_length=1, max_length=NAME_LENGTH, pattern=_NO_NUL),
    _characters(NAME_LENGTH, exceptions=JOINERS),
    AfterValidator(_require_content),
    NOT_BLANK_SCHEMA,
    _fast_path(NAME_LENGTH, _ASCII_NOT_BLANK),
]
"""The name of a person or firm. Some languages need the joiners ZWJ and ZWNJ in it."""
LETTER_REQUIRED_SCHEMA = Field(json_schema_extra={"pattern": r"^[^\x00]*[A-Za-z][^\x00]*$"})
DeclaredTaxon = Annotated[Name, AfterValidator(_require_letter)]
"""A scientific name as a trader states it: at least one Latin letter."""
Taxon = Annotated[Name, AfterValidator(_require_taxon_name), LETTER_REQUIRED_SCHEMA]
"""A scientific name on a permit, by which the hub finds its lines: more than `spp.` or a hybrid cross."""
ShortText = Annotated[
    str,
    _NUMBER_FORM,
    _characters(NUMBER_LENGTH),
    AfterValidator(_require_number),
    _fast_path(NUMBER_LENGTH, r"^[!-,.0-\[\]-~]([ -~]*[!-~])?$"),
]
"""A number, reference or identifier as printed on a document. `comparison` compares it.

It has no blank at either end, more than dashes and slashes, and does not look like another number. The fast path
reads those that begin with neither a dash nor a slash.
"""
StoredNumber = Annotated[str, _NUMBER_FORM]
"""A number, reference or identifier that the hub stored. It may be older than the rules for its characters."""
Country = Annotated[
    str, AfterValidator(_require_known_country), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})
]
"""A country of ISO 3166-1 alpha-2, or a code of trade records for several, unknown or former countries."""
DeclaredCountry = Annotated[
    str, AfterValidator(_require_declared_country), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})
]
"""A country as a declaration states it: also a code that customs write in its place, such as QU for an unknown one."""
IsoCountry = Annotated[
    str, AfterValidator(_require_iso_country), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})
]
"""A country of which a party is, or about which it gets events. Codes of trade records alone, such as XX, are none."""
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""Two capital letters, for a query about a country that may not exist."""
LineLetter = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,4}$")]
HsCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,10}$")]


class WireModel(BaseModel):
    """A message between programs: frozen and strict. It refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Trader(WireModel):
    """The exporter (box 4) or importer (box 3) as a permit or a declaration names it."""

    name: Annotated[NameOfTrader, Field(description="Name of the trader, 1 to 200 characters")]
    country: Annotated[Country, Field(description="Country of the trader, ISO 3166-1 alpha-2")]
    identifier: Annotated[
        ShortText | None, Field(description="EORI number, or the number that the country gave to the trader")
    ] = None


def parse_digest(field: str) -> bytes:
    """Return the SHA-256 digest of a Digest field that the hub rendered."""
    return base64.b64decode(field.strip(":").rpartition(":")[2])


def render_digest(digest: bytes) -> str:
    """Return a SHA-256 digest as a Digest field (RFC 9530): `sha-256=:…:`, base64."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"
