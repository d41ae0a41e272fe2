"""All rules there are, in the order they are asked: for the reference page, the documentation and the tests."""

from dataclasses import dataclass

from services.permits.domain.rules import goods, law, needs, paper, quantities, whole
from shared.contracts.findings import Severity


@dataclass(frozen=True)
class Entry:
    """A rule as it is published: official name, gravity, sentence."""

    name: str
    severity: Severity
    sentence: str


def book() -> tuple[Entry, ...]:
    """Answer every rule."""
    asked = (*paper.RULES, *goods.RULES, *law.RULES, *quantities.RULES)
    return (
        *(Entry(name, severity, sentence) for name, (severity, sentence) in whole.RULES.items()),
        *(Entry(need.name, need.severity, need.sentence) for need in needs.RULES),
        *(Entry(rule.name, rule.severity, rule.sentence) for rule in asked),
    )
