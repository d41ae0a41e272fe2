"""Rules: conditions that a check applies, each with a name, severity, sentence and remedy, and their findings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from shared.contracts.closed_sets import Severity
from shared.contracts.findings import CitedLine, Finding

STATE_IT_RIGHT = "State it right in a new version, or customs overrides it with a reason."
CUSTOMS_DECIDES = "Customs decides; a new version that agrees with the paper settles it too."
"""Remedies that several rules share."""


@dataclass(frozen=True, kw_only=True)
class Discrepancy:
    """The difference that a rule found: place, expected value, found value, and a note for the officer."""

    pointer: str
    expected: str | None = None
    found: str | None = None
    note: str | None = None


class RuleContext(Protocol):
    """A case to which rules apply."""

    @property
    def cited_line(self) -> CitedLine | None:
        """The permit, with its line if one was found, that a finding about this case names."""


Context = TypeVar("Context")
CitingContext = TypeVar("CitingContext", bound=RuleContext)
DiscrepancyFinder = Callable[[Context], Discrepancy | None]


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[Context]):
    """One condition of the law or of the hub, applied to one kind of context.

    `sentence` states the condition. `remedy` states what to do if it is not met; a rule of severity `note` has none.
    """

    name: str
    severity: Severity
    sentence: str
    remedy: str
    find_discrepancy: DiscrepancyFinder[Context]


def rule(name: str, severity: Severity, *, remedy: str = "") -> Callable[[DiscrepancyFinder[Context]], Rule[Context]]:
    """Return a decorator that turns a function into a rule. The first paragraph of its docstring is the sentence."""

    def declare(find_discrepancy: DiscrepancyFinder[Context]) -> Rule[Context]:
        paragraph = (find_discrepancy.__doc__ or "").strip().split("\n\n")[0]
        return Rule(
            name=name,
            severity=severity,
            sentence=" ".join(paragraph.split()),
            remedy=remedy,
            find_discrepancy=find_discrepancy,
        )

    return declare


def evaluate(rules: Iterable[Rule[CitingContext]], context: CitingContext) -> list[Finding]:
    """Return the findings of rules about a case, in the order of the rules."""
    findings = []
    for one in rules:
        discrepancy = one.find_discrepancy(context)
        if discrepancy is not None:
            findings.append(build_finding(one, discrepancy, context.cited_line))
    return findings


def build_finding(broken: Rule[Any], discrepancy: Discrepancy, cited_line: CitedLine | None = None) -> Finding:
    """Return the finding of a rule whose condition is not met."""
    return Finding(
        rule=broken.name,
        severity=broken.severity,
        pointer=discrepancy.pointer,
        permit=cited_line,
        expected=discrepancy.expected,
        found=discrepancy.found,
        message=_message(broken, discrepancy),
    )


def _message(broken: Rule[Any], discrepancy: Discrepancy) -> str:
    """Return the message of a finding: the sentence, the expected and found values, and the remedy."""
    parts = [broken.sentence]
    parts += [f"Expected: {discrepancy.expected}."] if discrepancy.expected is not None else []
    parts += [f"Found: {discrepancy.found}."] if discrepancy.found is not None else []
    parts += [f"Note: {discrepancy.note}."] if discrepancy.note is not None else []
    parts += [broken.remedy] if broken.remedy else []
    return " ".join(parts)
