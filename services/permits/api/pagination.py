"""Lists that are short enough to be answered whole, and are answered page by page to who asks so."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.problems import Fault, Invalid

ENDED = "The list has nothing by this cursor. Send the next_cursor of an answer; if the list changed since, begin anew."


class Portion(BaseModel):
    """How much of a list is asked for, and after what; all of it when not said."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int | None, Field(ge=1, le=200)] = None
    cursor: str | None = None


def portion(rows: Sequence[Mapping[str, object]], asked: Portion, *, by: str) -> dict[str, object]:
    """Answer the rows that are asked for, each named by its field `by`; raises Invalid for a cursor that names none."""
    start = 0
    if asked.cursor:
        start = next((place for place, row in enumerate(rows, start=1) if row[by] == asked.cursor), 0)
        if not start:
            raise Invalid("invalid-parameter", ENDED, [Fault("/query/cursor", "cursor", ENDED)])
    end = len(rows) if asked.limit is None else start + asked.limit
    return {"data": rows[start:end], "next_cursor": rows[end - 1][by] if end < len(rows) else None}
