"""The descriptions of problem codes as JSON."""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.fields import WireModel
from shared.contracts.views.pages import Page


class ProblemSummary(WireModel):
    """A problem code in the list of all."""

    code: Annotated[str, Field(description="Stable code of the problem")]
    type: Annotated[str, Field(description="URL of its page, as in problem documents")]
    title: Annotated[str, Field(description="Standard phrase of the status")]
    status: Annotated[int, Field(description="HTTP status")]
    meaning: Annotated[str, Field(description="The problem in one sentence")]


class ProblemStep(WireModel):
    """A next step after a problem."""

    by: Annotated[str, Field(description="The person who does it; `You` is the caller of the request")]
    action: Annotated[str, Field(description="The next step in words")]


class ProblemFaultCode(WireModel):
    """A code that a place in `errors` of the problem may have."""

    code: Annotated[str, Field(description="Stable code of the fault")]
    meaning: Annotated[str, Field(description="The fault in one sentence")]


class ProblemDescription(ProblemSummary):
    """A problem code with all that its page shows."""

    causes: Annotated[tuple[str, ...], Field(description="Causes of the problem")]
    steps: Annotated[tuple[ProblemStep, ...], Field(description="Next steps, and the person for each")]
    errors: Annotated[tuple[ProblemFaultCode, ...], Field(description="Codes that its `errors` may have")]
    example: Annotated[dict[str, Any], Field(description="A problem document with this code")]


class ProblemSummaries(Page):
    """All problem codes, on one page."""

    data: Annotated[tuple[ProblemSummary, ...], Field(description="All problem codes")]
