"""All rules, for the reference page, `/v1/reference/rules`, the remedies of findings and the tests."""

from functools import cache
from typing import Any

from services.permits.domain.rules import (
    allocation,
    annotations,
    certificates,
    check_limits,
    completion,
    documents,
    goods,
    hs_codes,
    hybrids,
    import_permits,
    listings,
    measures,
    personal_effects,
    quantities,
    re_exports,
    registered_operations,
    requirements,
    reservations,
    supporting_permits,
    suspensions,
    transit,
    whole_declaration,
)
from services.permits.domain.rules.rule import Rule
from shared.contracts.closed_sets import ActorRole


def list_rules() -> tuple[Rule[Any], ...]:
    """Return all rules, grouped by subject."""
    return (
        *whole_declaration.RULES,
        *check_limits.RULES,
        *completion.RULES,
        *reservations.RULES,
        *requirements.RULES,
        *hs_codes.RULES,
        *import_permits.RULES,
        *personal_effects.RULES,
        *annotations.RULES,
        *hybrids.RULES,
        *suspensions.RULES,
        *transit.RULES,
        *measures.RULES,
        *documents.RULES,
        *supporting_permits.RULES,
        *certificates.RULES,
        *goods.RULES,
        *registered_operations.RULES,
        *re_exports.RULES,
        *listings.RULES,
        *quantities.RULES,
        *allocation.RULES,
    )


def find_remedy(rule_name: str, reader: ActorRole) -> str | None:
    """Return the remedy of a rule for its reader.

    A note has none, nor has a rule that a stored finding names and this version no longer has.
    """
    found = _rules_by_name().get(rule_name)
    if found is None:
        return None
    return (found.remedy if reader is ActorRole.TRADER else found.officer_remedy) or None


@cache
def _rules_by_name() -> dict[str, Rule[Any]]:
    return {one.name: one for one in list_rules()}
