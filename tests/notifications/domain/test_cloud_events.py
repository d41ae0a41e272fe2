"""CloudEvents 1.0 in binary mode: attributes in headers, the data alone as the body, signed as it is sent."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from saola_client import verify_webhook
from services.notifications.domain.cloud_events import render_cloud_event
from services.notifications.domain.delivery_request import DeliveryRequest
from shared.cites.events import EventType
from shared.contracts.events.catalogue import CATALOGUE, validate_data
from tests.notifications.conftest import Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"


async def receive_cloud_events(service: Service, receiver: Receiver, *, count: int = 1) -> list[WebhookRequest]:
    async with running_worker(service):
        await wait_until(lambda: len(receiver.requests) == count)
    return receiver.requests


async def test_attributes_are_headers_and_the_data_alone_is_the_body(service: Service, receiver: Receiver) -> None:
    who, message = party(), event_message(kind="declaration.accepted")
    message = message.model_copy(
        update={"audience": event_message(to=who).audience, "data": CATALOGUE[EventType(message.type)].example["data"]}
    )
    await service.endpoint(who, receiver.url, format="cloudevents")
    await service.send_events(message)
    [received] = await receive_cloud_events(service, receiver)
    [pulled] = (await service.read_feed(who))[0]
    assert {name: value for name, value in received.headers.items() if name.startswith("ce-")} == {
        "ce-specversion": "1.0",
        "ce-id": str(message.id),
        "ce-source": "/v1/events",
        "ce-type": "declaration.accepted",
        "ce-subject": message.subject,
        "ce-time": pulled["timestamp"],
        "ce-sequence": "1",
        "ce-sequencetype": "Integer",
    }
    assert received.headers["content-type"] == "application/json"
    assert received.id == received.headers["ce-id"]
    assert json.loads(received.body) == pulled["data"], "what is pulled has the same data"
    validate_data(message.type, json.loads(received.body))


async def test_signatures_cover_the_sent_bytes(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url, format="cloudevents")
    await service.send_events(event_message(to=who, reference="Zoë-1"))
    [received] = await receive_cloud_events(service, receiver)
    assert "Zoë-1".encode() in received.body
    assert Webhook(made["secret"]).verify(received.body, received.headers)["status"] == "accepted"
    for key in (made["secret"], *made["public_keys"]):
        assert verify_webhook(received.headers, received.body, key)["reference"] == "Zoë-1"


async def test_repeated_attempt_has_the_same_bytes_and_a_new_format_applies_next(
    service: Service, receiver: Receiver
) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    made = await service.endpoint(who, receiver.url, format="cloudevents")

    async def once(received: WebhookRequest) -> web.Response | None:
        return web.Response(status=500) if len(receiver.requests) == 1 else None

    receiver.respond = once
    await service.send_events(event_message(subject, to=who))
    first, again = await receive_cloud_events(service, receiver, count=2)
    assert (first.body, first.id) == (again.body, again.id)
    header = {**service.headers_as(who), "If-Match": "*"}
    await service.http.patch(f"{WHERE}/{made['id']}", json={"format": "standard"}, headers=header)
    await service.send_events(event_message(subject, 2, to=who))
    whole = (await receive_cloud_events(service, receiver, count=3))[-1]
    assert whole.sequence == 2
    assert not any(name.startswith("ce-") for name in whole.headers)


async def test_challenge_is_sent_in_the_same_mode(service: Service, receiver: Receiver) -> None:
    who = party()

    async def response(received: WebhookRequest) -> web.Response:
        assert received.headers["ce-type"] == "endpoint.verification"
        return web.json_response({"challenge": json.loads(received.body)["challenge"]})

    receiver.respond = response
    made = await service.endpoint(who, receiver.url, format="cloudevents", verify=True)
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT verified FROM endpoints"))
    shown = await service.http.get(f"{WHERE}/{made['id']}", headers=service.headers_as(who))
    assert shown.json()["status"] == "active"


@pytest.mark.parametrize("form", ["standard", "cloudevents"])
@pytest.mark.parametrize("added", [{}, {"ok": True}], ids=["same", "with more"])
async def test_challenge_is_not_met_by_a_server_that_returns_its_request(
    service: Service, receiver: Receiver, form: str, added: dict[str, Any]
) -> None:
    async def echo(received: WebhookRequest) -> web.Response:
        return web.json_response(json.loads(received.body) | added)

    receiver.respond = echo
    who = party()
    made = await service.endpoint(who, receiver.url, format=form, verify=True)
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT count(*) FROM attempts"))
    assert await service.scalar("SELECT verified FROM endpoints") is False
    [posed] = await service.deliveries(who, made["id"])
    assert "nothing else of the event" in posed["attempts"][0]["reason"]


@pytest.mark.parametrize(
    ("subject", "written"), [("quota:a%b", "quota:a%25b"), ('quota:"q"', "quota:%22q%22"), ("quota:ZA/x", "quota:ZA/x")]
)
def test_subject_is_encoded_for_cloud_events_headers(subject: str, written: str) -> None:
    more: dict[str, Any] = {"claim_id": uuid4(), "endpoint_id": uuid4(), "delivery_id": uuid4(), "event_id": uuid4()}
    body = b'{"data":{"sequence":7,"of":"x"}}'
    message = DeliveryRequest(
        subject=subject, attempts=0, body=body, url="", secrets=(), occurred_at=datetime(2026, 3, 1, tzinfo=UTC), **more
    )
    attributes, rendered = render_cloud_event(message)
    assert (attributes["ce-subject"], attributes["ce-sequence"]) == (written, "7")
    assert rendered == b'{"sequence":7,"of":"x"}'
