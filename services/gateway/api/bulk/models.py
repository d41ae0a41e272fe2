"""The lines that a bulk route returns."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts.fields import WireModel


class ResultLine(WireModel):
    """The result of one line: its number and status, then the body that the route for one returns, or its problem."""

    model_config = ConfigDict(extra="allow")

    line: int
    status_code: int
    replayed: Annotated[bool, Field(exclude_if=lambda replayed: not replayed)] = False
