"""Lists that are short enough to be answered whole, and are answered page by page to who asks so."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.problems import Fault, Invalid

CURSOR_NOT_FOUND = (
    "The list has nothing by this cursor. Send the next_cursor of an answer; if the list changed since, begin anew."
)


class PageQuery(BaseModel):
    """How much of a list is asked for, and after what; all of it when not said."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int | None, Field(ge=1, le=200)] = None
    cursor: str | None = None


def paginate(rows: Sequence[Mapping[str, object]], query: PageQuery, *, id_field: str) -> dict[str, object]:
    """Answer the rows that are asked for, each named by its field `id_field`; raises Invalid for a cursor that names
    none."""
    start = 0
    if query.cursor:
        start = next((place for place, row in enumerate(rows, start=1) if row[id_field] == query.cursor), 0)
        if not start:
            raise Invalid("invalid-parameter", CURSOR_NOT_FOUND, [Fault("/query/cursor", "cursor", CURSOR_NOT_FOUND)])
    end = len(rows) if query.limit is None else start + query.limit
    return {"data": rows[start:end], "next_cursor": rows[end - 1][id_field] if end < len(rows) else None}
