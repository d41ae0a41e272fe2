"""All rules, for the reference page, `/v1/reference/rules` and the tests."""

from typing import Any

from services.permits.domain.rules import (
    completion,
    documents,
    goods,
    listings,
    quantities,
    requirements,
    reservations,
    suspensions,
    whole_declaration,
)
from services.permits.domain.rules.rule import Rule


def list_rules() -> tuple[Rule[Any], ...]:
    """Return all rules, grouped by subject."""
    return (
        *whole_declaration.RULES,
        *completion.RULES,
        *reservations.RULES,
        *requirements.RULES,
        *suspensions.RULES,
        *documents.RULES,
        *goods.RULES,
        *listings.RULES,
        *quantities.RULES,
    )
