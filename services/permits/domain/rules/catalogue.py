"""All rules there are, in the order they are asked: for the reference page, the documentation and the tests."""

from dataclasses import dataclass

from services.permits.domain.rules import documents, goods, listings, quantities, requirements, whole_declaration
from shared.contracts.findings import Severity


@dataclass(frozen=True)
class Entry:
    """A rule as it is published: official name, gravity, sentence."""

    name: str
    severity: Severity
    sentence: str


def book() -> tuple[Entry, ...]:
    """Answer every rule."""
    asked = (*documents.RULES, *goods.RULES, *listings.RULES, *quantities.RULES)
    return (
        *(Entry(name, severity, sentence) for name, (severity, sentence) in whole_declaration.RULES.items()),
        *(Entry(need.name, need.severity, need.sentence) for need in requirements.RULES),
        *(Entry(rule.name, rule.severity, rule.sentence) for rule in asked),
    )
