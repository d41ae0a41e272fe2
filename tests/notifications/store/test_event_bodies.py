"""The body of an event: offices and granted partners receive all of it, holders nothing of another's declaration."""

import json
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.closed_sets import Role
from shared.contracts.messages import Audience, RoleInCountry
from shared.contracts.parties import Grant, Party
from tests.event_catalogue_check import event_body_faults
from tests.notifications.conftest import OpenReceiver, Service, event_message, party, running_worker
from tests.waiting import wait_until

ATTEMPT = {"line": "A", "item": 1, "asked": "30", "left": "0", "unit": "number"}


def alert_data(declaration_id: str) -> dict[str, Any]:
    """Return the data of an alert about a second use."""
    return {
        "permit_id": str(uuid4()), "issuer": "ZA", "number": "ZA-1", "status": "endorsed", "reference": "B-1",
        "declaration_id": declaration_id, "movement": "import", "attempt_count": 60, "attempts": [ATTEMPT] * 50,
        "attempts_omitted": 10,
    }  # fmt: skip


def readers() -> tuple[list[Party], list[Party], Audience]:
    """Return the parties that receive all of an alert, those that receive a part, and its audience."""
    grants = (Grant(countries=("FR",), event_types=("permit.*",)),)
    other_grants = (Grant(countries=("FR",), event_types=("declaration.*",)),)
    office, both = party("authority", country="ZA"), party("trader", "customs", identifiers={"EORI": "FR1"})
    partner = party("partner", grants=grants)
    holder, declarant = party(identifiers={"EORI": "FR2"}), party()
    clerk = party("partner", grants=other_grants)
    offices = (RoleInCountry(role=Role.AUTHORITY, country="ZA"), RoleInCountry(role=Role.CUSTOMS, country="FR"))
    audience = Audience(
        parties=(declarant.id, clerk.id), identifiers=("FR:fr1", "FR:fr2"), offices=offices, countries=("ZA", "FR")
    )
    return [office, both, partner], [holder, declarant, clerk], audience


async def send_alert(service: Service, audience: Audience) -> dict[str, Any]:
    """Send an alert. Return the data of its event."""
    subject = f"permit:{uuid4()}"
    message = event_message(subject, 1, "permit.second_use_attempted", audience=audience, **alert_data(str(uuid4())))
    await service.send_events(message)
    return {**message.data, "sequence": 1}


async def test_feed_shows_an_alert_in_full_to_offices_and_granted_partners_only(service: Service) -> None:
    in_full, in_part, audience = readers()
    await service.send_parties(*in_full, *in_part)
    sent = await send_alert(service, audience)
    bodies = []
    for who in in_full:
        [event] = (await service.read_feed(who))[0]
        assert event["data"] == sent
        bodies.append(json.dumps(event))
    hidden: dict[str, Any] = {"declaration_id": None, "reference": None, "attempts": []}
    shown = {name: value for name, value in sent.items() if name != "attempts_omitted"}
    for who in in_part:
        [event] = (await service.read_feed(who, types="permit.*"))[0]
        assert event["data"] == shown | hidden
        bodies.append(json.dumps(event))
    assert len({json.loads(body)["id"] for body in bodies}) == 1
    assert event_body_faults(bodies) == []


@pytest.mark.parametrize("kind", ["permit.used", "permit.revoked"])
async def test_feed_shows_other_events_to_holders_in_full(service: Service, kind: str) -> None:
    holder = party(identifiers={"EORI": "FR2"})
    await service.send_parties(holder)
    message = event_message(kind=kind, audience=Audience(identifiers=("FR:fr2",)), reference="B-1")
    await service.send_events(message)
    [event] = (await service.read_feed(holder))[0]
    assert event["data"] == {**message.data, "sequence": 1}


async def test_webhook_delivers_an_alert_in_part_to_a_holder(service: Service, receive: OpenReceiver) -> None:
    (office, *_), (holder, *_), audience = readers()
    await service.send_parties(office, holder)
    at_office, at_holder = await receive(), await receive()
    await service.endpoint(office, at_office.url)
    await service.endpoint(holder, at_holder.url)
    async with running_worker(service):
        sent = await send_alert(service, audience)
        await wait_until(lambda: at_office.requests and at_holder.requests)
    assert at_office.requests[0].message["data"] == sent
    shown = at_holder.requests[0].message["data"]
    assert (shown["declaration_id"], shown["attempt_count"], shown["attempts"]) == (None, 60, [])
