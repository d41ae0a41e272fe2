"""Pagination of lists: the parameters `limit` and `cursor`."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request

from shared.contracts.limits import PAGE_ENTRIES
from shared.problems import Fault, Invalid


class _Limit(BaseModel):
    limit: Annotated[int, Field(ge=1, le=PAGE_ENTRIES)] = 50


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """The requested number of entries, and the id of the last entry that the client has."""

    limit: int
    before: UUID | None

    @property
    def one_more(self) -> int:
        """The number of entries to read: one more than requested shows whether there is another page."""
        return self.limit + 1


def parse_page(request: Request) -> PageRequest:
    """Parse the parameters of a page. Raise the problem `invalid-parameter` for an invalid limit or cursor."""
    given = request.query_params
    try:
        limit = _Limit.model_validate({"limit": given["limit"]} if "limit" in given else {}).limit
    except ValidationError as error:
        faults = [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from None
    return PageRequest(limit=limit, before=_parse_cursor(given.get("cursor")))


def _parse_cursor(value: str | None) -> UUID | None:
    try:
        return None if value is None else UUID(value)
    except ValueError:
        detail = (
            "The cursor is not one of this list. Send the `next_cursor` of an earlier response, or begin without one."
        )
        raise Invalid("invalid-parameter", detail, [Fault("/query/cursor", "cursor", detail)]) from None
