"""Patterns, marks, shares: the small decisions."""

from services.notifications.domain.audience import grants_of_party, marks_of_audience, marks_of_party
from services.notifications.domain.concurrency_limit import FULL, LEAST, START, in_trouble, next_share
from services.notifications.domain.event_patterns import forms
from shared.contracts.messages import Audience, RoleInCountry
from shared.contracts.parties import Grant
from tests.notifications.conftest import party

GRANTS = (Grant(countries=("FR", "BE"), event_types=("*",)),)


def test_a_type_answers_to_itself_to_its_family_and_to_all() -> None:
    assert set(forms("permit.second_use_attempted")) == {"permit.second_use_attempted", "permit.*", "*"}


def test_both_sides_write_the_same_marks() -> None:
    who = party("customs", "authority", identifiers={"EORI": "FR1"})
    audience = Audience(identifiers=("FR1",), offices=(RoleInCountry(role="customs", country="FR"),))
    assert marks_of_audience(audience) < marks_of_party(who)


def test_who_is_only_a_partner_is_found_by_grants_alone() -> None:
    who = party("partner", identifiers={"EORI": "FR1"}, grants=GRANTS)
    assert marks_of_party(who) == set()
    assert {grant.country for grant in grants_of_party(who)} == {"FR", "BE"}
    assert list(grants_of_party(party("trader", grants=GRANTS))) == []


def test_a_disabled_party_is_found_by_nothing() -> None:
    who = party("trader", "partner", identifiers={"EORI": "FR1"}, grants=GRANTS, disabled=True)
    assert marks_of_party(who) == set()
    assert list(grants_of_party(who)) == []


def test_an_identifier_never_passes_for_an_office() -> None:
    assert not marks_of_party(party(identifiers={"EORI": "office:customs:FR"})) & marks_of_party(party("customs"))


def test_a_share_grows_with_success_and_halves_with_failure_within_its_bounds() -> None:
    share = START
    for _ in range(100):
        share = next_share(share, well=True)
    assert share == FULL
    assert next_share(share, well=False) == FULL // 2
    for _ in range(100):
        share = next_share(share, well=False)
    assert share == LEAST
    assert in_trouble(share)
    assert not in_trouble(START)
