"""The header and the claims of a JWT before its verification (RFC 7519), parsed as strictly as every body."""

import base64
from typing import Any

from shared.problems import Invalid
from shared.strict_json import parse_json

HEADER, CLAIMS = 0, 1
"""The places of the two parts in a token."""
FAR_FUTURE = 1e11
"""Seconds since 1970 beyond which a time is no time: the year 5138. Infinity and NaN are beyond it too."""


def decode_part(token: str, index: int) -> dict[str, Any]:
    """Return the header or the claims of an unverified token. Raise ValueError.

    A repeated name, NaN, or nesting beyond the limit of bodies is an error. The JWT library accepts the first two, and
    fails at the third with a RecursionError.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("form")
    try:
        found = parse_json(base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4)))
    except Invalid as problem:
        raise ValueError(problem.detail) from None
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def read_timestamp(claims: dict[str, Any], name: str) -> float | None:
    """Return a time of the claims in seconds since 1970, or None if they have none. Raise ValueError."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < FAR_FUTURE:
        raise ValueError(name)
    return float(value)
