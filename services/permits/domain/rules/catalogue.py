"""All rules there are, in the order they are asked: for the reference page, the documentation and the tests."""

from dataclasses import dataclass

from services.permits.domain.rules import documents, goods, listings, quantities, requirements, whole_declaration
from shared.contracts.findings import Severity


@dataclass(frozen=True)
class RuleEntry:
    """A rule as it is published: official name, gravity, sentence."""

    name: str
    severity: Severity
    sentence: str


def list_rules() -> tuple[RuleEntry, ...]:
    """Answer every rule."""
    citation_rules = (*documents.RULES, *goods.RULES, *listings.RULES, *quantities.RULES)
    return (
        *(RuleEntry(name, severity, sentence) for name, (severity, sentence) in whole_declaration.RULES.items()),
        *(RuleEntry(item_rule.name, item_rule.severity, item_rule.sentence) for item_rule in requirements.RULES),
        *(RuleEntry(rule.name, rule.severity, rule.sentence) for rule in citation_rules),
    )
