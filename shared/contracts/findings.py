"""A finding: the rule, its severity, the place, what was expected and what was found."""

from shared.contracts.closed_sets import Severity
from shared.contracts.fields import Text, WireModel
from shared.contracts.parties import Actor


class CitedLine(WireModel):
    """The permit, and its line where one was found, that a finding is about."""

    issuer: str
    number: str
    line: str | None = None


class AppliedOverride(WireModel):
    """Who settled a finding, when and why."""

    by: Actor
    reason: Text


class Finding(WireModel):
    """One thing that a rule found, and who overrode it if anybody did."""

    rule: str
    severity: Severity
    pointer: str
    permit: CitedLine | None = None
    expected: str | None = None
    found: str | None = None
    message: str
    overridden: bool = False
    override: AppliedOverride | None = None
