"""Pages that end at their limit of bytes."""

import json
from itertools import pairwise
from typing import Annotated

from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from shared.contracts.fields import WireModel
from shared.contracts.limits import PAGE_BYTES
from shared.contracts.views.pages import batches_by_size, render_rows


class Note(WireModel):
    """A row of any length."""

    text: Annotated[str, Field()]


def fill(rows: list[Note]) -> tuple[list[str], str | None]:
    """Return the texts and the next cursor of a page of these rows, whose cursors are their numbers."""
    page = render_rows((row.model_dump_json() for row in rows), [str(number) for number in range(len(rows))])
    found = json.loads(page.body)
    return [row["text"] for row in found["data"]], found["next_cursor"]


def test_page_whose_rows_fit_has_all_and_no_cursor() -> None:
    assert fill([Note(text="a"), Note(text="b")]) == (["a", "b"], None)
    assert fill([]) == ([], None)


def test_page_ends_before_the_row_that_exceeds_its_bytes() -> None:
    long = "é" * (PAGE_BYTES // 6)
    texts, cursor = fill([Note(text=long)] * 5)
    assert (len(texts), cursor) == (2, "1")


def test_page_has_its_first_row_even_if_that_is_too_long() -> None:
    texts, cursor = fill([Note(text="x" * (PAGE_BYTES + 1)), Note(text="b")])
    assert (len(texts), cursor) == (1, "0")


@given(st.lists(st.integers(0, 200)), st.integers(1, 300))
def test_batches_keep_the_order_and_exceed_their_size_only_with_one_row(sizes: list[int], most: int) -> None:
    batches = list(batches_by_size(sizes, size=int, most=most))
    assert [size for batch in batches for size in batch] == sizes
    assert all(batch and (len(batch) == 1 or sum(batch) <= most) for batch in batches)
    assert all(sum(one) + other[0] > most for one, other in pairwise(batches))
