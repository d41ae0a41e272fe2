"""Query parameters and request headers: their types, and those that routes of several subjects use."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
DAY: Schema = {"type": "string", "format": "date"}
BOOLEAN: Schema = {"type": "boolean"}
COUNTRY_CODE: Schema = {"type": "string", "pattern": "^[A-Z]{2}$"}


def one_of(words: Iterable[str]) -> Schema:
    """Return the schema of a parameter with the values of a closed set."""
    return {"type": "string", "enum": [str(word) for word in words]}


@dataclass(frozen=True, kw_only=True)
class QueryParameter:
    """One query parameter: its name, its meaning and its schema."""

    name: str
    description: str
    schema: Schema
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class HeaderParameter:
    """One request header, and the codes of the problems that it can cause."""

    name: str
    description: str
    required: bool = False
    problems: tuple[str, ...] = ()


LIMIT = QueryParameter(
    name="limit",
    description="Maximum number of entries, 1 to 200",
    schema={"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
)
LIMIT_OR_ALL = QueryParameter(
    name="limit",
    description="Maximum number of entries, 1 to 200; if left out, all",
    schema={"type": "integer", "minimum": 1, "maximum": 200},
)
CURSOR = QueryParameter(name="cursor", description="`next_cursor` of the previous page", schema={"type": "string"})
PAGE = (LIMIT, CURSOR)
TAXON = QueryParameter(
    name="taxon",
    description="Scientific name; a higher taxon includes its species: a genus, a family, `Crocodylia spp.`",
    schema=TEXT,
)
REFERENCE = QueryParameter(name="reference", description="The trader's own reference", schema=TEXT)
ISSUER = QueryParameter(
    name="issuer", description="Country that issued the permit, ISO 3166-1 alpha-2", schema=COUNTRY_CODE
)
FIRST_DAY = QueryParameter(name="from", description="First day, in UTC", schema=DAY)
LAST_DAY = QueryParameter(name="to", description="Last day, in UTC", schema=DAY)

IDEMPOTENCY_KEY = HeaderParameter(
    name="Idempotency-Key",
    description="The same for each repetition. The hub executes the command once and returns the same response",
    problems=("idempotency-key-invalid", "idempotency-key-reused"),
)
IF_MATCH = HeaderParameter(
    name="If-Match", description="ETag of the version that you read", problems=("version-stale",)
)
IF_NONE_MATCH = HeaderParameter(
    name="If-None-Match", description="ETag of the document that you have: 304 if it is still the same"
)
REQUIRED_IF_MATCH = HeaderParameter(
    name="If-Match",
    description="ETag of the version that you read",
    required=True,
    problems=("version-missing", "version-stale"),
)
PERMIT_TOKEN = HeaderParameter(
    name="Permit-Token", description="The secret printed with the permit, for a reader without another right to read it"
)
