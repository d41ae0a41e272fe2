"""The remedy of a rule for a reader."""

from services.permits.domain.rules.catalogue import find_remedy
from services.permits.domain.rules.goods import is_reported_late
from services.permits.domain.rules.quantities import enough_remains
from shared.contracts.closed_sets import ActorRole


def test_remedy_of_a_rule_differs_by_reader() -> None:
    assert find_remedy(enough_remains.name, ActorRole.TRADER) == enough_remains.remedy
    assert find_remedy(enough_remains.name, ActorRole.CUSTOMS) == enough_remains.officer_remedy
    assert find_remedy(enough_remains.name, ActorRole.AUTHORITY) == enough_remains.officer_remedy


def test_remedy_of_a_note_or_of_a_rule_that_no_longer_exists_is_none() -> None:
    assert find_remedy(is_reported_late.name, ActorRole.TRADER) is None
    assert find_remedy("lists-empty", ActorRole.TRADER) is None
