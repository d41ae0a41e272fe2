"""Cursors, which are opaque to clients."""

import base64
from typing import Annotated
from uuid import UUID

from fastapi import Query

from shared.contracts.limits import PAGE_ENTRIES
from shared.problems import Fault, Invalid

PageSize = Annotated[int, Query(ge=1, le=PAGE_ENTRIES, description="How many at most")]


def render_cursor(position: object) -> str:
    """Render a place in a list or feed as a cursor."""
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def parse_position(cursor: str, parameter: str, *, empty: int) -> int:
    """Parse a cursor as a position. Raise Invalid if it is not a cursor of the hub."""
    text = _decode_cursor(cursor, parameter)
    if not text:
        return empty
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        raise _invalid_cursor(parameter)
    return int(text)


def parse_id(cursor: str, parameter: str) -> UUID | None:
    """Parse a cursor as an id; an empty one is None. Raise Invalid if it is not a cursor of the hub."""
    text = _decode_cursor(cursor, parameter)
    try:
        return UUID(text) if text else None
    except ValueError:
        raise _invalid_cursor(parameter) from None


def _decode_cursor(cursor: str, parameter: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        raise _invalid_cursor(parameter) from None


def _invalid_cursor(parameter: str) -> Invalid:
    detail = "The cursor is not one of this list. Send the `next_cursor` of an earlier response, or begin without one."
    return Invalid("invalid-parameter", detail, [Fault(f"/query/{parameter}", "cursor", detail)])
