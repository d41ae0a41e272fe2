"""The descriptions of problem codes as JSON."""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.fields import WireModel
from shared.contracts.views.pages import Page


class ProblemSummary(WireModel):
    """A problem code in the list of all."""

    code: str
    type: Annotated[str, Field(description="The address of its page, as in problem documents")]
    title: str
    status: int
    meaning: str


class ProblemStep(WireModel):
    """A next step after a problem."""

    by: Annotated[str, Field(description="The person who does it; `You` is the caller of the request")]
    action: str


class ProblemFaultCode(WireModel):
    """A code that a place in `errors` of the problem may have."""

    code: str
    meaning: str


class ProblemDescription(ProblemSummary):
    """A problem code with all that its page shows."""

    causes: tuple[str, ...]
    steps: tuple[ProblemStep, ...]
    errors: tuple[ProblemFaultCode, ...]
    example: Annotated[dict[str, Any], Field(description="A problem document with this code")]


class ProblemSummaries(Page):
    """All problem codes, on one page."""

    data: tuple[ProblemSummary, ...]
