"""Findings: the rule, its severity, the place, the expected and the found value."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import Severity
from shared.contracts.comparison import comparison_key
from shared.contracts.fields import ShortText, StoredText, WireModel
from shared.contracts.parties import Actor


class CitedLine(WireModel):
    """The permit that a finding is about, and its line if the check found one."""

    issuer: Annotated[str, Field(description="Country that issued the permit, ISO 3166-1 alpha-2")]
    number: Annotated[str, Field(description="Permit number, box 1")]
    line: Annotated[str | None, Field(description="Letter of the permit line")] = None

    @property
    def key(self) -> tuple[str, str]:
        """The issuer and the key of the number, by which the registry finds the permit."""
        return self.issuer, comparison_key(self.number)


class AppliedOverride(WireModel):
    """The override of a finding: who settled it, when, and the reason."""

    by: Annotated[Actor, Field(description="The officer and the time")]
    reason: Annotated[StoredText, Field(description="The officer's reason")]


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


class FindingCounts(WireModel):
    """The number of open findings of each severity. A finding that an officer overrode is not open."""

    block: Annotated[int, Field(ge=0, description="Number of open findings that reject the declaration")] = 0
    refer: Annotated[int, Field(ge=0, description="Number of open findings that refer the declaration")] = 0
    note: Annotated[int, Field(ge=0, description="Number of open findings that only inform")] = 0


class RuleCount(WireModel):
    """The number of open findings of one rule."""

    rule: Annotated[ShortText, Field(description="Official name of the rule, as in /v1/reference/rules")]
    severity: Annotated[Severity, Field(description="Severity of these findings")]
    count: Annotated[int, Field(ge=1, description="Number of open findings of the rule")]


def count_findings(findings: Iterable[Finding]) -> FindingCounts:
    """Return the number of open findings of each severity."""
    counts = Counter(finding.severity for finding in findings if not finding.overridden)
    return FindingCounts(block=counts[Severity.BLOCK], refer=counts[Severity.REFER], note=counts[Severity.NOTE])


def count_rules(findings: Iterable[Finding]) -> tuple[RuleCount, ...]:
    """Return the number of open findings of each rule, in the order in which the rules first occur."""
    counts = Counter((finding.rule, finding.severity) for finding in findings if not finding.overridden)
    return tuple(RuleCount(rule=rule, severity=severity, count=count) for (rule, severity), count in counts.items())
