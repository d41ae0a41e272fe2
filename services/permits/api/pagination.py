"""Lists that are short enough to be answered whole, and are answered page by page to who asks so."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.problems import Fault, Invalid

Row = TypeVar("Row")
CURSOR_NOT_FOUND = (
    "The list has nothing by this cursor. Send the next_cursor of an answer; if the list changed since, begin anew."
)


class PageQuery(BaseModel):
    """How much of a list is asked for, and after what; all of it when not said."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int | None, Field(ge=1, le=200)] = None
    cursor: str | None = None


def paginate(
    rows: Sequence[Row], query: PageQuery, *, name: Callable[[Row], str]
) -> tuple[tuple[Row, ...], str | None]:
    """Return the rows that are asked for, and the next cursor: the name of the last of them, if more follow.

    Raise Invalid (invalid-parameter) for a cursor that names no row.
    """
    start = 0
    if query.cursor:
        start = next((place for place, row in enumerate(rows, start=1) if name(row) == query.cursor), 0)
        if not start:
            raise Invalid("invalid-parameter", CURSOR_NOT_FOUND, [Fault("/query/cursor", "cursor", CURSOR_NOT_FOUND)])
    end = len(rows) if query.limit is None else start + query.limit
    return tuple(rows[start:end]), name(rows[end - 1]) if end < len(rows) else None
