"""Cursors, opaque to those who hold them, and the versions that conditional requests name."""

import base64
import re
from typing import Annotated
from uuid import UUID

from fastapi import Query

from shared.problems import Fault, Invalid

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')


def render_cursor(position: object) -> str:
    """Write a place in a list or feed as a cursor."""
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def parse_position(cursor: str, parameter: str, *, empty: int) -> int:
    """Read a position out of a cursor; raises Invalid for what was never one."""
    text = _decode_cursor(cursor, parameter)
    if not text:
        return empty
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        raise _invalid_cursor(parameter)
    return int(text)


def parse_id(cursor: str, parameter: str) -> UUID | None:
    """Read an id out of a cursor; None at the beginning; raises Invalid for what was never one."""
    text = _decode_cursor(cursor, parameter)
    try:
        return UUID(text) if text else None
    except ValueError:
        raise _invalid_cursor(parameter) from None


def render_etag(version: int) -> str:
    """Write a version as an entity tag."""
    return f'"{version}"'


def parse_if_match(if_match: str | None) -> tuple[int, ...] | None:
    """Read the versions If-Match names, None for `*` (RFC 9110, 13.1.1); raises Invalid when it is missing.

    A tag that was never ours matches nothing.
    """
    if if_match is None:
        raise Invalid("version-missing", "Send If-Match with the ETag you read, so that nobody's change is lost.")
    if if_match.strip() == "*":
        return None
    return tuple(int(found) for found in _ETAG.findall(if_match))


def _decode_cursor(cursor: str, parameter: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        raise _invalid_cursor(parameter) from None


def _invalid_cursor(parameter: str) -> Invalid:
    detail = "This is no cursor of ours. Send the next_cursor of an answer, or nothing to begin."
    return Invalid("invalid-parameter", detail, [Fault(f"/query/{parameter}", "cursor", detail)])
