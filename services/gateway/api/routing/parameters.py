"""Query parameters and request headers: their types, and those that routes of several subjects take."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
DAY: Schema = {"type": "string", "format": "date"}
COUNTRY_CODE: Schema = {"type": "string", "pattern": "^[A-Z]{2}$"}


def one_of(words: Iterable[str]) -> Schema:
    """Return the schema of a parameter that is a word of a closed set."""
    return {"type": "string", "enum": [str(word) for word in words]}


@dataclass(frozen=True, kw_only=True)
class QueryParameter:
    """One query parameter: its name, what it means and what it may contain."""

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
    description="How many at most, 1 to 200",
    schema={"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
)
LIMIT_OR_ALL = QueryParameter(
    name="limit",
    description="How many at most, 1 to 200; all when not said",
    schema={"type": "integer", "minimum": 1, "maximum": 200},
)
CURSOR = QueryParameter(
    name="cursor", description="Where to go on: `next_cursor` of the page before", schema={"type": "string"}
)
PAGE = (LIMIT, CURSOR)
TAXON = QueryParameter(
    name="taxon",
    description="Scientific name; with all that is below it: a genus, a family, `Crocodylia spp.`",
    schema=TEXT,
)
REFERENCE = QueryParameter(name="reference", description="The trader's own reference", schema=TEXT)
ISSUER = QueryParameter(name="issuer", description="Country that issued it, ISO 3166-1 alpha-2", schema=COUNTRY_CODE)
FIRST_DAY = QueryParameter(name="from", description="First day, in UTC", schema=DAY)
LAST_DAY = QueryParameter(name="to", description="Last day, in UTC, included", schema=DAY)

IDEMPOTENCY_KEY = HeaderParameter(
    name="Idempotency-Key",
    description="The same on repeats: the effect is one, and the answer the same",
    problems=("idempotency-key-invalid", "idempotency-key-reused"),
)
IF_MATCH = HeaderParameter(
    name="If-Match", description="The ETag of the version that was read", problems=("version-stale",)
)
REQUIRED_IF_MATCH = HeaderParameter(
    name="If-Match",
    description="The ETag of the version that was read",
    required=True,
    problems=("version-missing", "version-stale"),
)
PERMIT_TOKEN = HeaderParameter(
    name="Permit-Token", description="The permit's own secret token, for who is neither party nor authority"
)
