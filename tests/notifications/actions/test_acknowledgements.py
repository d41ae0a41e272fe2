"""Acknowledgements: stored with the delivery, and sent to the sender of the subject."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notifications.actions import acknowledgements
from shared.contracts.closed_sets import Role
from shared.contracts.messages import Audience, EventMessage, RoleInCountry, Sender
from shared.contracts.parties import Party
from tests.concurrency import run_concurrently
from tests.notifications.conftest import Service, event_message, party

LATE = {"outcome": "with_warnings", "message": "late"}


async def acknowledge(service: Service, who: Party, message: EventMessage, verdict: dict[str, Any] = LATE) -> int:
    where = f"/v1/events/{message.id}/acknowledgement"
    response = await service.http.post(where, json=verdict, headers=service.headers_as(who))
    return response.status_code


async def list_acknowledged(service: Service, who: Party) -> list[dict[str, Any]]:
    return [event for event in (await service.read_feed(who))[0] if event["type"] == "event.acknowledged"]


async def test_acknowledgement_is_stored_for_received_events_only(service: Service) -> None:
    who, other = party(), party()
    message = event_message(to=who)
    await service.send_events(message)
    assert await acknowledge(service, who, message) == 200
    assert await acknowledge(service, other, message) == 404
    assert await acknowledge(service, who, message, {"outcome": "whatever"}) == 422
    async with service.engine.connect() as conn:
        rows = (await conn.execute(text("SELECT outcome, message, party_id FROM acknowledgements"))).all()
    assert [tuple(row) for row in rows] == [("with_warnings", "late", who.id)]


async def test_acknowledgement_that_is_latest_is_shown_with_the_delivery(service: Service) -> None:
    who = party()
    made = await service.endpoint(who, "https://example.com/")
    message = event_message(to=who)
    await service.send_events(message)
    assert (await service.deliveries(who, made["id"]))[0]["acknowledgement"] is None
    await acknowledge(service, who, message)
    await acknowledge(service, who, message, {"outcome": "accepted"})
    [delivery] = await service.deliveries(who, made["id"])
    stored = delivery["acknowledgement"]
    assert (stored["outcome"], stored["message"]) == ("accepted", None)
    assert stored["at"].endswith("Z")


async def test_acknowledgement_of_declaration_event_is_sent_to_its_trader(service: Service) -> None:
    trader, customs, stranger = party(), party("customs"), party()
    await service.send_parties(trader, customs, stranger)
    offices = (RoleInCountry(role=Role.CUSTOMS, country="FR"),)
    received = Audience(parties=(trader.id,), offices=offices, sender=Sender(parties=(trader.id,)))
    message = event_message(audience=received, reference="B-1")
    await service.send_events(message)
    await acknowledge(service, customs, message)
    await acknowledge(service, customs, message, {"outcome": "accepted"})
    first, second = await list_acknowledged(service, trader)
    assert first["data"] == {
        "event_id": str(message.id),
        "type": "declaration.accepted",
        "subject": message.subject,
        "declaration_id": message.data["declaration_id"],
        "reference": "B-1",
        "status": message.data["status"],
        "outcome": "with_warnings",
        "message": "late",
        "by": str(customs.id),
        "at": first["data"]["at"],
        "sequence": 1,
    }
    assert (second["data"]["outcome"], second["data"]["sequence"]) == ("accepted", 2)
    assert await list_acknowledged(service, customs) == await list_acknowledged(service, stranger) == []


async def test_acknowledgement_of_permit_event_is_sent_to_its_authority(service: Service) -> None:
    issuer, importer = party("authority", country="ZA"), party(identifiers={"EORI": "FR1"})
    await service.send_parties(issuer, importer)
    office = RoleInCountry(role=Role.AUTHORITY, country="ZA")
    received = Audience(identifiers=("FR:fr1",), offices=(office,), sender=Sender(offices=(office,)))
    message = event_message(
        kind="permit.revoked", audience=received, issuer="ZA", number="ZA-1", permit_id=str(UUID(int=1))
    )
    await service.send_events(message)
    await acknowledge(service, importer, message)
    [event] = await list_acknowledged(service, issuer)
    assert (event["data"]["number"], event["data"]["outcome"]) == ("ZA-1", "with_warnings")


async def test_acknowledgement_by_the_only_sender_is_not_sent(service: Service) -> None:
    trader = party()
    message = event_message(audience=Audience(parties=(trader.id,), sender=Sender(parties=(trader.id,))))
    await service.send_events(message)
    assert await acknowledge(service, trader, message) == 200
    assert await list_acknowledged(service, trader) == []


async def test_acknowledgement_of_an_acknowledgement_is_not_sent(service: Service) -> None:
    trader, customs = party(), party("customs")
    await service.send_parties(trader, customs)
    offices = (RoleInCountry(role=Role.CUSTOMS, country="FR"),)
    message = event_message(audience=Audience(offices=offices, sender=Sender(parties=(trader.id,))))
    await service.send_events(message)
    await acknowledge(service, customs, message)
    [event] = await list_acknowledged(service, trader)
    where = f"/v1/events/{event['id']}/acknowledgement"
    response = await service.http.post(where, json=LATE, headers=service.headers_as(trader))
    assert response.status_code == 200
    assert len(await list_acknowledged(service, trader)) == 1
    assert await list_acknowledged(service, customs) == []


async def test_acknowledgement_that_is_repeated_is_stored_and_sent_once(service: Service) -> None:
    trader, customs = party(), party("customs")
    await service.send_parties(trader, customs)
    message = _message_to_customs(trader)
    await service.send_events(message)
    for _ in range(5):
        assert await acknowledge(service, customs, message) == 200
    assert await service.scalar("SELECT count(*) FROM acknowledgements") == 1
    assert len(await list_acknowledged(service, trader)) == 1
    assert await acknowledge(service, customs, message, {**LATE, "message": "very late"}) == 200
    assert await service.scalar("SELECT count(*) FROM acknowledgements") == 2, "the latest message counts"
    assert len(await list_acknowledged(service, trader)) == 1, "the sender hears of a new outcome only"


async def test_acknowledgements_of_one_event_are_limited(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acknowledgements, "MAX_ACKNOWLEDGEMENTS", 3)
    trader, customs, other = party(), party("customs"), party("customs")
    await service.send_parties(trader, customs, other)
    message = _message_to_customs(trader)
    await service.send_events(message)
    verdicts = [{"outcome": "with_warnings", "message": str(number)} for number in range(8)]
    statuses = await run_concurrently(acknowledge(service, customs, message, verdict) for verdict in verdicts)
    assert sorted(statuses) == [200] * 3 + [409] * 5
    assert await service.scalar("SELECT count(*) FROM acknowledgements") == 3
    assert len(await list_acknowledged(service, trader)) == 1
    assert await acknowledge(service, other, message) == 200, "each party has a limit of its own"


def _message_to_customs(trader: Party) -> EventMessage:
    offices = (RoleInCountry(role=Role.CUSTOMS, country="FR"),)
    received = Audience(parties=(trader.id,), offices=offices, sender=Sender(parties=(trader.id,)))
    return event_message(audience=received, reference="B-1")
