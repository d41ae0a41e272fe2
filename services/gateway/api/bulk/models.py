"""The lines that a bulk route returns."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.contracts.fields import WireModel


class ResultLine(WireModel):
    """The result of one line: its number and status, then the body of the single route, or its problem."""

    model_config = ConfigDict(extra="allow")

    line: Annotated[int, Field(description="Number of the line, from 1")]
    status_code: Annotated[int, Field(description="HTTP status of the line")]
    replayed: Annotated[
        bool,
        Field(exclude_if=lambda replayed: not replayed, description="True: the hub had stored the line before"),
    ] = False
