"""Taking in news: once, in order, numbered without a gap, to those who may hear it."""

import asyncio
import itertools
from uuid import uuid4

from shared.contracts.closed_sets import Role
from shared.contracts.messages import Audience, RoleInCountry
from shared.contracts.parties import Grant
from tests.notifications.conftest import Service, event_message, party


async def test_letters_of_one_subject_that_come_in_any_order_are_heard_in_theirs(service: Service) -> None:
    who = party()
    for order in itertools.permutations([1, 2, 3]):
        subject = f"declaration:{uuid4()}"
        for n in order:
            assert await service.send_events(event_message(subject, n, to=who)) == ["taken"]
    found, _ = await service.read_feed(who, limit="200")
    by_subject: dict[str, list[int]] = {}
    for event in found:
        by_subject.setdefault(event["data"]["declaration_id"], []).append(event["data"]["sequence"])
    assert len(by_subject) == 6
    assert all(sequences == [1, 2, 3] for sequences in by_subject.values())


async def test_a_letter_is_held_until_its_predecessor_has_come_and_others_are_not(service: Service) -> None:
    who, subject = party(), f"permit:{uuid4()}"
    assert (
        await service.send_events(
            event_message(subject, 2, to=who), event_message(subject, 3, to=who), event_message(to=who)
        )
        == ["taken"] * 3
    )
    assert [event["data"]["sequence"] for event in (await service.read_feed(who))[0]] == [1]
    await service.send_events(event_message(subject, 1, to=who))
    assert [event["data"]["sequence"] for event in (await service.read_feed(who))[0]] == [1, 1, 2, 3]


async def test_a_letter_carried_twice_has_one_effect(service: Service) -> None:
    who = party()
    await service.endpoint(who, "https://example.com/hook")
    message = event_message(to=who)
    assert await service.send_events(message, message) == ["taken", "taken"]
    assert await service.send_events(message) == ["taken"]
    assert len((await service.read_feed(who))[0]) == 1
    assert await service.scalar("SELECT count(*) FROM deliveries") == 1
    assert await service.scalar("SELECT position FROM feed_counter") == 1


async def test_one_letter_carried_by_many_couriers_at_once_has_one_effect(service: Service) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    messages = [event_message(subject, n, to=who) for n in range(1, 6)]
    await asyncio.gather(*(service.send_events(*messages[k % 3 :]) for k in range(12)))
    assert [event["data"]["sequence"] for event in (await service.read_feed(who))[0]] == [1, 2, 3, 4, 5]


async def test_another_event_under_the_same_sequence_is_refused_alone(service: Service) -> None:
    message = event_message()
    rival = message.model_copy(update={"id": uuid4()})
    assert await service.send_events(message) == ["taken"]
    assert await service.send_events(rival, event_message()) == ["refused", "taken"]


async def test_a_letter_that_is_not_as_the_contract_says_is_refused_alone(service: Service) -> None:
    good = event_message()
    bad = {**event_message().model_dump(mode="json"), "sequence": "one"}
    odd = {**event_message().model_dump(mode="json"), "subject": "declaration:\x00"}
    batch = {"letters": [bad, odd, good.model_dump(mode="json")]}
    response = await service.http.post("/internal/news", json=batch, headers=service.headers_as_permits())
    outcomes = {one["id"]: one["outcome"] for one in response.json()["answers"]}
    assert outcomes == {bad["id"]: "refused", odd["id"]: "refused", str(good.id): "taken"}


async def test_news_come_from_permits_and_parties_from_the_gateway_alone(service: Service) -> None:
    for path, header in (
        ("/internal/news", service.headers_as_gateway()),
        ("/internal/parties", service.headers_as_permits()),
    ):
        assert (await service.http.post(path, json={}, headers=header)).status_code == 403
        assert (await service.http.post(path, json={}, headers=service.headers_as(party()))).status_code == 403
        assert (await service.http.post(path, json={})).status_code == 401


async def test_an_audience_is_matched_by_id_by_identifier_and_by_office(service: Service) -> None:
    named, holder = party(), party(identifiers={"EORI": "FR1"})
    customs, abroad = party("customs", country="FR"), party("customs", country="ZA")
    await service.send_parties(named, holder, customs, abroad)
    audience = Audience(
        parties=(named.id,), identifiers=("FR1", "FR2"), offices=(RoleInCountry(role=Role.CUSTOMS, country="FR"),)
    )
    await service.send_events(event_message(audience=audience))
    received = [len((await service.read_feed(who))[0]) for who in (named, holder, customs, abroad)]
    assert received == [1, 1, 1, 0]


async def test_a_partner_hears_what_it_was_granted_and_nothing_else(service: Service) -> None:
    grants = (Grant(countries=("FR", "BE"), event_types=("declaration.*", "permit.second_use_attempted")),)
    port = party("partner", identifiers={"EORI": "FR1"}, grants=grants)
    trader_with_grants = party("trader", grants=grants)
    await service.send_parties(port, trader_with_grants)
    french, foreign = Audience(countries=("FR", "ZA")), Audience(countries=("ZA",))
    kinds = ["declaration.accepted", "declaration.released", "permit.second_use_attempted", "permit.used"]
    await service.send_events(
        *(event_message(kind=kind, audience=where) for kind in kinds for where in (french, foreign))
    )
    await service.send_events(event_message(audience=Audience(identifiers=("FR1",))))
    assert [event["type"] for event in (await service.read_feed(port))[0]] == kinds[:3]
    assert (await service.read_feed(trader_with_grants))[0] == []


async def test_a_disabled_party_hears_nothing_new(service: Service) -> None:
    who = party(identifiers={"EORI": "FR1"})
    await service.send_parties(who)
    await service.send_events(event_message(to=who))
    await service.send_parties(who.model_copy(update={"disabled": True, "version": 2}))
    await service.send_events(event_message(to=who), event_message(audience=Audience(identifiers=("FR1",))))
    assert len((await service.read_feed(who))[0]) == 1


async def test_a_copy_of_a_party_changes_with_a_higher_version_only(service: Service) -> None:
    old, new = party(identifiers={"EORI": "FR1"}, version=1), {"identifiers": {"EORI": "FR2"}, "version": 2}
    changed = old.model_copy(update=new)
    await service.send_parties(changed, old)
    await service.send_parties(old)
    await service.send_events(event_message(audience=Audience(identifiers=("FR1",))))
    assert (await service.read_feed(old))[0] == []
    await service.send_events(event_message(audience=Audience(identifiers=("FR2",))))
    assert len((await service.read_feed(changed))[0]) == 1


async def test_a_callers_token_brings_the_copy_up_to_date(service: Service) -> None:
    who = party(identifiers={"EORI": "FR1"})
    await service.read_feed(who)
    await service.send_events(event_message(audience=Audience(identifiers=("FR1",))))
    assert len((await service.read_feed(who))[0]) == 1


async def test_the_body_says_what_the_contract_says(service: Service) -> None:
    who, subject = party(), f"permit:{uuid4()}"
    message = event_message(subject, 1, "permit.used", to=who, left="20", note="é")
    await service.send_events(message)
    [event] = (await service.read_feed(who))[0]
    assert set(event) == {"id", "type", "timestamp", "data"}
    assert (event["id"], event["type"]) == (str(message.id), "permit.used")
    assert event["timestamp"].endswith("Z")
    assert event["data"] == {**message.data, "sequence": 1}
