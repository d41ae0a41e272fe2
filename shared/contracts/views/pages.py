"""A page of a list."""

from typing import Annotated

from pydantic import Field

from shared.contracts.fields import WireModel


class Page(WireModel):
    """A page of a list. Each subject adds its `data`."""

    next_cursor: Annotated[str | None, Field(description="Value of `cursor` for the next page; null on the last page")]
