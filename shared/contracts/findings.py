"""Findings: the rule, its severity, the place, the expected and the found value."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import Severity
from shared.contracts.fields import Text, WireModel
from shared.contracts.parties import Actor


class CitedLine(WireModel):
    """The permit that a finding is about, and its line if the check found one."""

    issuer: Annotated[str, Field(description="Country that issued the permit, ISO 3166-1 alpha-2")]
    number: Annotated[str, Field(description="Permit number, box 1")]
    line: Annotated[str | None, Field(description="Letter of the permit line")] = None


class AppliedOverride(WireModel):
    """The override of a finding: who settled it, when, and the reason."""

    by: Annotated[Actor, Field(description="The officer and the time")]
    reason: Annotated[Text, Field(description="The officer's reason")]


class Finding(WireModel):
    """One result of a rule, and its override if an officer settled it."""

    rule: Annotated[str, Field(description="Official name of the rule, as in /v1/reference/rules")]
    severity: Annotated[Severity, Field(description="Severity of the finding")]
    pointer: Annotated[str, Field(description="Place in the declaration, as a JSON Pointer (RFC 6901)")]
    permit: Annotated[CitedLine | None, Field(description="The permit that the finding is about")] = None
    expected: Annotated[str | None, Field(description="The value that the rule expects at this place")] = None
    found: Annotated[str | None, Field(description="The value that the declaration states at this place")] = None
    message: Annotated[str, Field(description="The finding in one sentence, and what to do")]
    overridden: Annotated[bool, Field(description="True: an officer settled the finding")] = False
    override: Annotated[
        AppliedOverride | None, Field(description="The officer who settled the finding, and the reason")
    ] = None
