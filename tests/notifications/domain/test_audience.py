"""Event patterns, audience keys and concurrency limits."""

from services.notifications.domain.audience import audience_keys_for_event, audience_keys_for_party, country_grants
from services.notifications.domain.concurrency_limit import (
    INITIAL_CONCURRENCY,
    MAX_CONCURRENCY,
    MIN_CONCURRENCY,
    is_reduced,
    next_concurrency,
)
from services.notifications.domain.event_patterns import matching_patterns
from shared.contracts.closed_sets import Role
from shared.contracts.messages import Audience, RoleInCountry
from shared.contracts.parties import Grant
from tests.notifications.conftest import party

GRANTS = (Grant(countries=("FR", "BE"), event_types=("*",)),)


def test_event_type_matches_itself_its_family_and_all() -> None:
    assert set(matching_patterns("permit.second_use_attempted")) == {"permit.second_use_attempted", "permit.*", "*"}


def test_audience_keys_of_event_and_party_are_equal() -> None:
    who = party("customs", "authority", identifiers={"EORI": "FR1"})
    audience = Audience(identifiers=("FR:fr1",), offices=(RoleInCountry(role=Role.CUSTOMS, country="FR"),))
    assert audience_keys_for_event(audience) < audience_keys_for_party(who)


def test_partner_without_other_role_has_grants_only() -> None:
    who = party("partner", identifiers={"EORI": "FR1"}, grants=GRANTS)
    assert audience_keys_for_party(who) == set()
    assert {grant.country for grant in country_grants(who)} == {"FR", "BE"}
    assert list(country_grants(party("trader", grants=GRANTS))) == []


def test_disabled_party_keeps_its_audience_keys_and_grants() -> None:
    who = party("trader", "partner", identifiers={"EORI": "FR1"}, grants=GRANTS)
    disabled = who.model_copy(update={"disabled": True})
    assert audience_keys_for_party(disabled) == audience_keys_for_party(who) != set()
    assert list(country_grants(disabled)) == list(country_grants(who)) != []


def test_identifier_in_the_form_of_an_office_matches_no_office() -> None:
    assert not audience_keys_for_party(party(identifiers={"EORI": "office:customs:FR"})) & audience_keys_for_party(
        party("customs")
    )


def test_concurrency_limit_grows_with_success_and_halves_with_failure() -> None:
    share = INITIAL_CONCURRENCY
    for _ in range(100):
        share = next_concurrency(share, succeeded=True)
    assert share == MAX_CONCURRENCY
    assert next_concurrency(share, succeeded=False) == MAX_CONCURRENCY // 2
    for _ in range(100):
        share = next_concurrency(share, succeeded=False)
    assert share == MIN_CONCURRENCY
    assert is_reduced(share)
    assert not is_reduced(INITIAL_CONCURRENCY)
