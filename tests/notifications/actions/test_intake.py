"""The intake of events: once, in order, without gaps, for their audience."""

import asyncio
import itertools
from datetime import timedelta
from uuid import uuid4

from shared.contracts.closed_sets import Role
from shared.contracts.messages import Audience, RoleInCountry
from shared.contracts.parties import Grant
from tests.notifications.conftest import Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver
from tests.waiting import wait_until


async def test_events_of_one_subject_are_ordered_by_sequence(service: Service) -> None:
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


async def test_event_waits_for_its_predecessor_and_others_do_not(service: Service) -> None:
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


async def test_event_received_twice_has_one_effect(service: Service) -> None:
    who = party()
    await service.endpoint(who, "https://example.com/hook")
    message = event_message(to=who)
    assert await service.send_events(message, message) == ["taken", "taken"]
    assert await service.send_events(message) == ["taken"]
    assert len((await service.read_feed(who))[0]) == 1
    assert await service.scalar("SELECT count(*) FROM deliveries") == 1
    assert await service.scalar("SELECT position FROM feed_counter") == 1


async def test_event_received_from_several_dispatchers_at_once_has_one_effect(service: Service) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    messages = [event_message(subject, n, to=who) for n in range(1, 6)]
    await asyncio.gather(*(service.send_events(*messages[k % 3 :]) for k in range(12)))
    assert [event["data"]["sequence"] for event in (await service.read_feed(who))[0]] == [1, 2, 3, 4, 5]


async def test_event_with_a_used_sequence_is_refused_alone(service: Service) -> None:
    message = event_message()
    rival = message.model_copy(update={"id": uuid4()})
    assert await service.send_events(message) == ["taken"]
    assert await service.send_events(rival, event_message()) == ["refused", "taken"]


async def test_event_of_a_known_id_is_refused_if_its_content_and_time_are_others(service: Service) -> None:
    who = party()
    message = event_message(to=who)
    assert await service.send_events(message) == ["taken"]
    later = message.at + timedelta(seconds=1)
    again = message.model_copy(update={"at": later})
    shortened = message.model_copy(update={"data": {}})
    other = again.model_copy(update={"data": {**message.data, "status": "other"}})
    other_type = again.model_copy(update={"type": "declaration.refused"})
    assert await service.send_events(again, shortened) == ["taken", "taken"]
    assert await service.send_events(other, event_message()) == ["refused", "taken"]
    assert await service.send_events(other_type) == ["refused"]
    assert len((await service.read_feed(who))[0]) == 1


async def test_event_that_violates_the_contract_is_refused_alone(service: Service) -> None:
    good = event_message()
    bad = {**event_message().model_dump(mode="json"), "sequence": "one"}
    odd = {**event_message().model_dump(mode="json"), "subject": "declaration:\x00"}
    batch = {"letters": [bad, odd, good.model_dump(mode="json")]}
    response = await service.http.post("/internal/news", json=batch, headers=service.headers_as_permits())
    outcomes = {one["id"]: one["outcome"] for one in response.json()["answers"]}
    assert outcomes == {bad["id"]: "refused", odd["id"]: "refused", str(good.id): "taken"}


async def test_events_are_accepted_from_permits_and_parties_from_the_gateway_only(service: Service) -> None:
    for path, header in (
        ("/internal/news", service.headers_as_gateway()),
        ("/internal/parties", service.headers_as_permits()),
    ):
        assert (await service.http.post(path, json={}, headers=header)).status_code == 403
        assert (await service.http.post(path, json={}, headers=service.headers_as(party()))).status_code == 403
        assert (await service.http.post(path, json={})).status_code == 401


async def test_audience_is_matched_by_id_identifier_and_office(service: Service) -> None:
    named, holder = party(), party(identifiers={"EORI": "FR1"})
    customs, abroad = party("customs", country="FR"), party("customs", country="ZA")
    await service.send_parties(named, holder, customs, abroad)
    audience = Audience(
        parties=(named.id,), identifiers=("FR:fr1", "FR:fr2"), offices=(RoleInCountry(role=Role.CUSTOMS, country="FR"),)
    )
    await service.send_events(event_message(audience=audience))
    received = [len((await service.read_feed(who))[0]) for who in (named, holder, customs, abroad)]
    assert received == [1, 1, 1, 0]


async def test_partner_receives_only_granted_events(service: Service) -> None:
    grants = (Grant(countries=("FR", "BE"), event_types=("declaration.*", "permit.second_use_attempted")),)
    port = party("partner", identifiers={"EORI": "FR1"}, grants=grants)
    trader_with_grants = party("trader", grants=grants)
    await service.send_parties(port, trader_with_grants)
    french, foreign = Audience(countries=("FR", "ZA")), Audience(countries=("ZA",))
    kinds = ["declaration.accepted", "declaration.released", "permit.second_use_attempted", "permit.used"]
    await service.send_events(
        *(event_message(kind=kind, audience=where) for kind in kinds for where in (french, foreign))
    )
    await service.send_events(event_message(audience=Audience(identifiers=("FR:fr1",))))
    assert [event["type"] for event in (await service.read_feed(port))[0]] == kinds[:3]
    assert (await service.read_feed(trader_with_grants))[0] == []


async def test_party_enabled_again_receives_the_events_of_the_time_between_in_order(
    service: Service, receiver: Receiver
) -> None:
    who = party(identifiers={"EORI": "FR1"})
    office = party("customs", "partner", grants=(Grant(countries=("BE",), event_types=("declaration.*",)),))
    parties = (who, office)
    await service.send_parties(*parties)
    for one in parties:
        await service.endpoint(one, receiver.url)
    await service.send_parties(*(one.model_copy(update={"disabled": True, "version": 2}) for one in parties))
    subject = f"declaration:{uuid4()}"
    messages = [
        event_message(subject, 1, to=who),
        event_message(subject, 2, audience=Audience(identifiers=("FR:fr1",))),
        event_message(audience=Audience(countries=("BE",))),
        event_message(audience=Audience(offices=(RoleInCountry(role=Role.CUSTOMS, country="FR"),))),
    ]
    async with running_worker(service):
        await service.send_events(*messages)
        await asyncio.sleep(0.2)
        assert receiver.requests == []
        await service.send_parties(*(one.model_copy(update={"version": 3}) for one in parties))
        await wait_until(lambda: len(receiver.requests) == 4)
    assert [one.sequence for one in receiver.requests_about(subject)] == [1, 2]
    assert {one.id for one in receiver.requests} == {str(message.id) for message in messages}
    for one, expected in ((who, messages[:2]), (office, messages[2:])):
        found = [event["id"] for event in (await service.read_feed(one))[0]]
        assert found == [str(message.id) for message in expected]


async def test_party_copy_changes_with_a_higher_version_only(service: Service) -> None:
    old, new = party(identifiers={"EORI": "FR1"}, version=1), {"identifiers": {"EORI": "FR2"}, "version": 2}
    changed = old.model_copy(update=new)
    await service.send_parties(changed, old)
    await service.send_parties(old)
    await service.send_events(event_message(audience=Audience(identifiers=("FR:fr1",))))
    assert (await service.read_feed(old))[0] == []
    await service.send_events(event_message(audience=Audience(identifiers=("FR:fr2",))))
    assert len((await service.read_feed(changed))[0]) == 1


async def test_party_copy_is_updated_from_the_token_of_a_caller(service: Service) -> None:
    who = party(identifiers={"EORI": "FR1"})
    await service.read_feed(who)
    await service.send_events(event_message(audience=Audience(identifiers=("FR:fr1",))))
    assert len((await service.read_feed(who))[0]) == 1


async def test_event_body_has_the_fields_of_the_contract(service: Service) -> None:
    who, subject = party(), f"permit:{uuid4()}"
    message = event_message(subject, 1, "permit.used", to=who, left="20", note="é")
    await service.send_events(message)
    [event] = (await service.read_feed(who))[0]
    assert set(event) == {"id", "type", "timestamp", "data"}
    assert (event["id"], event["type"]) == (str(message.id), "permit.used")
    assert event["timestamp"].endswith("Z")
    assert event["data"] == {**message.data, "sequence": 1}
