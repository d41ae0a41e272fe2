"""A page of a list: its model, and its rows while they are rendered up to the limit of bytes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import Field
from pydantic_core import to_json

from shared.contracts.fields import WireModel
from shared.contracts.limits import PAGE_BYTES

Row = TypeVar("Row")
STORED_BYTES_PER_BATCH = 65_536
"""Bytes of the whole rows, compressed, that a list reads from the database at a time. One row alone may be larger."""


class Page(WireModel):
    """A page of a list. Each subject adds its `data`."""

    next_cursor: Annotated[str | None, Field(description="Value of `cursor` for the next page; null on the last page")]


@dataclass(frozen=True, kw_only=True)
class RenderedPage:
    """A page as JSON: the same as its model, rendered row by row."""

    body: bytes


class BoundedPage:
    """The rendered rows of a page, up to `PAGE_BYTES`. The first row always has room."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._free = int(PAGE_BYTES)

    def add(self, row: str) -> bool:
        """Add a rendered row if it has room. Return whether it had: the page ends before a row without room."""
        rendered = row.encode()
        self._free -= len(rendered) + 1
        if self._rows and self._free < 0:
            return False
        self._rows.append(rendered)
        return True

    def render(self, cursors: Sequence[str]) -> RenderedPage:
        """Return the page. `cursors` are those of all rows that were read: one more than the page, if more follow."""
        count = len(self._rows)
        next_cursor = cursors[count - 1] if count < len(cursors) else None
        return RenderedPage(body=b'{"data":[%b],"next_cursor":%b}' % (b",".join(self._rows), to_json(next_cursor)))


def render_rows(rows: Iterable[str], cursors: Sequence[str]) -> RenderedPage:
    """Return a page of those rendered rows that have room. `cursors` are as for `BoundedPage.render`."""
    page = BoundedPage()
    for row in rows:
        if not page.add(row):
            break
    return page.render(cursors)


def batches_by_size(rows: Sequence[Row], *, size: Callable[[Row], int], most: int) -> Iterator[list[Row]]:
    """Yield rows in batches whose sizes sum up to `most` at most. A row that is larger is alone."""
    batch: list[Row] = []
    total = 0
    for row in rows:
        total += size(row)
        if batch and total > most:
            yield batch
            batch, total = [], size(row)
        batch.append(row)
    if batch:
        yield batch
