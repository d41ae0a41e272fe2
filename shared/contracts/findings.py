"""What a check found: the rule, how grave it is, the place, what was expected and what was there."""

from typing import Literal

from shared.contracts.fields import Text, WireModel
from shared.contracts.parties import Actor

Severity = Literal["block", "refer", "note"]


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
    """One thing a rule found: block means rejected, refer means an officer decides, note is for information."""

    rule: str
    severity: Severity
    pointer: str
    permit: CitedLine | None = None
    expected: str | None = None
    found: str | None = None
    message: str
    overridden: bool = False
    override: AppliedOverride | None = None
