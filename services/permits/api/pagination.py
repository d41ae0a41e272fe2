"""Pages of lists that are short enough to fit into one response."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.fields import WireModel
from shared.contracts.limits import PAGE_ENTRIES
from shared.contracts.views.pages import RenderedPage, render_rows
from shared.contracts.views.parts import render_json
from shared.problems import Fault, Invalid

Row = TypeVar("Row", bound=WireModel)
CURSOR_NOT_FOUND = (
    "The list has no entry for this cursor. Send the next_cursor of a page, or read the list from its first page."
)


class PageQuery(BaseModel):
    """The size of a page and the cursor before it. Without `limit`, the page is the whole list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int | None, Field(ge=1, le=PAGE_ENTRIES)] = None
    cursor: str | None = None


def paginate(rows: Sequence[Row], query: PageQuery, *, name: Callable[[Row], str]) -> RenderedPage:
    """Return a page, limited in bytes. The next cursor is the name of its last row, or null if no row follows.

    Raise Invalid (`invalid-parameter`) for a cursor that names no row.
    """
    start = 0
    if query.cursor:
        start = next((place for place, row in enumerate(rows, start=1) if name(row) == query.cursor), 0)
        if not start:
            raise Invalid("invalid-parameter", CURSOR_NOT_FOUND, [Fault("/query/cursor", "cursor", CURSOR_NOT_FOUND)])
    end = len(rows) if query.limit is None else start + query.limit
    return render_rows(map(render_json, rows[start:end]), [name(row) for row in rows[start : end + 1]])
