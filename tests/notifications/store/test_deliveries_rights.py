"""The rights of an agent: a new endpoint gets the events of its time only while a mandate of the trader is valid."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.messages import AgentOfTrader, Audience, MandateCopy, Sender
from shared.contracts.parties import Party
from shared.database import new_id
from tests.days import today
from tests.notifications.conftest import Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"
SINCE = {"since": "2026-01-01T00:00:00Z"}
ENDS = ("revoked", "past its last day", "offered", "of another trader")


def agent_audience(agent: Party, trader: Party) -> Audience:
    """Return the audience of an event about a declaration that an agent lodged for a trader."""
    agents = (AgentOfTrader(agent=agent.id, trader=trader.id),)
    return Audience(parties=(trader.id,), agents=agents, sender=Sender(parties=(trader.id,), agents=agents))


def earlier_audience(agent: Party, trader: Party) -> Audience:
    """Return the same audience as a release of the hub without named agents sent it."""
    parties = (trader.id, agent.id)
    return Audience(parties=parties, sender=Sender(parties=parties))


def mandate_copy(agent: Party, trader: Party, **values: Any) -> MandateCopy:
    """Return the copy of a mandate that is valid yesterday and today."""
    day = today()
    common = {"first_day": day - timedelta(days=1), "last_day": day, "active": True, "revision": 1}
    return MandateCopy.model_validate({"id": new_id(), "trader": trader.id, "agent": agent.id, **common, **values})


def mandates_with_end(end: str, agent: Party, trader: Party) -> list[MandateCopy]:
    """Return copies of a mandate, of which the last gives no right to the events of the trader."""
    valid, day = mandate_copy(agent, trader), today()
    match end:
        case "revoked":
            return [valid, valid.model_copy(update={"active": False, "revision": 2})]
        case "past its last day":
            return [mandate_copy(agent, trader, first_day=day - timedelta(days=9), last_day=day - timedelta(days=1))]
        case "offered":
            return [valid.model_copy(update={"active": False})]
        case _:
            return [mandate_copy(agent, party())]


async def replay(service: Service, who: Party, endpoint: str) -> set[str]:
    """Replay all events to an endpoint. Return the events that it has deliveries of."""
    response = await service.http.post(f"{WHERE}/{endpoint}/replay", json=SINCE, headers=service.headers_as(who))
    assert response.status_code == 202, response.text
    return {delivery["event_id"] for delivery in await service.deliveries(who, endpoint)}


async def send_of_both_releases(service: Service, agent: Party, trader: Party) -> set[str]:
    """Send an event of this release and one of an earlier release to an agent and its trader. Return their ids."""
    events = [event_message(audience=build(agent, trader)) for build in (agent_audience, earlier_audience)]
    await service.send_events(*events)
    return {str(event.id) for event in events}


async def test_agent_with_a_valid_mandate_replays_its_events_to_a_new_endpoint(service: Service) -> None:
    agent, trader = party(), party()
    await service.send_parties(agent, trader)
    expected = await send_of_both_releases(service, agent, trader)
    await service.send_mandates(mandate_copy(agent, trader))
    new = await service.endpoint(agent, "https://example.com/new")
    assert await replay(service, agent, new["id"]) == expected


@pytest.mark.parametrize("end", ENDS)
async def test_agent_without_a_valid_mandate_replays_nothing_to_a_new_endpoint(service: Service, end: str) -> None:
    agent, trader = party(), party()
    await service.send_parties(agent, trader)
    old = await service.endpoint(agent, "https://example.com/old")
    expected = await send_of_both_releases(service, agent, trader)
    for copy in mandates_with_end(end, agent, trader):
        await service.send_mandates(copy)
    later = event_message(audience=Audience(parties=(trader.id,)))
    await service.send_events(later)
    new = await service.endpoint(agent, "https://example.com/new")
    assert await replay(service, agent, new["id"]) == set()
    assert await replay(service, agent, old["id"]) == expected, "it had these events before"
    assert {event["id"] for event in (await service.read_feed(agent))[0]} == expected
    of_trader = await service.endpoint(trader, "https://example.com/trader")
    assert await replay(service, trader, of_trader["id"]) == expected | {str(later.id)}


async def test_agent_whose_mandate_ended_retries_a_delivery_that_its_endpoint_had(
    service: Service, receiver: Receiver
) -> None:
    agent, trader = party(), party()
    await service.send_parties(agent, trader)
    made = await service.endpoint(agent, receiver.url)
    event = event_message(audience=agent_audience(agent, trader))
    await service.send_events(event)
    for copy in mandates_with_end("revoked", agent, trader):
        await service.send_mandates(copy)
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
        [delivery] = await service.deliveries(agent, made["id"])
        path = f"/v1/deliveries/{delivery['id']}/retry"
        assert (await service.http.post(path, headers=service.headers_as(agent))).status_code == 202
        await wait_until(lambda: len(receiver.requests) == 2)
    assert {request.id for request in receiver.requests} == {str(event.id)}


@pytest.mark.parametrize("is_active", [True, False])
async def test_acknowledgement_after_the_end_of_a_mandate_is_sent_to_the_trader_only(
    service: Service, is_active: bool
) -> None:
    agent, trader, reader = party(), party(), party()
    await service.send_parties(agent, trader, reader)
    named = agent_audience(agent, trader)
    event = event_message(audience=named.model_copy(update={"parties": (trader.id, reader.id)}))
    await service.send_events(event)
    await service.send_mandates(mandate_copy(agent, trader, active=is_active))
    path = f"/v1/events/{event.id}/acknowledgement"
    sent = await service.http.post(path, json={"outcome": "accepted"}, headers=service.headers_as(reader))
    assert sent.status_code == 200

    async def is_notified(who: Party) -> bool:
        return "event.acknowledged" in {one["type"] for one in (await service.read_feed(who))[0]}

    assert (await is_notified(trader), await is_notified(agent)) == (True, is_active)


async def test_mandates_are_listed_for_the_reconciliation_until_their_last_day_has_passed(service: Service) -> None:
    agent, trader = party(), party()
    valid, [past] = mandate_copy(agent, trader), mandates_with_end("past its last day", agent, trader)
    await service.send_mandates(valid, past)
    await service.send_mandates(valid.model_copy(update={"active": False, "revision": 0}))
    found = await service.http.get("/internal/mandates", headers=service.headers_as_gateway())
    assert found.json() == {"mandates": [valid.model_dump(mode="json")]}
    found = await service.http.get(f"/internal/mandates?after={valid.id}", headers=service.headers_as_gateway())
    assert found.json() == {"mandates": []}
