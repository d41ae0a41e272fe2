"""A page of a list."""

from typing import Annotated

from pydantic import Field

from shared.contracts.fields import WireModel


class Page(WireModel):
    """A page of a list; each subject adds its `data`."""

    next_cursor: Annotated[str | None, Field(description="Where the next page begins; null on the last one")]
