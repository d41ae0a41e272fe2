"""The secrets of endpoints: shown once, stored sealed; and the public signature."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook

from services.notifications.actions.encryption_keys import EndpointKeys
from shared.key_files import KeyFile, create_encryption_keys, create_signing_keys
from tests.notifications.conftest import Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

WHERE = "/v1/webhook-endpoints"


def public_signatures_fit(received: WebhookRequest, public_keys: list[str]) -> bool:
    signed = f"{received.id}.{received.headers['webhook-timestamp']}.".encode() + received.body
    given = [part[4:] for part in received.headers["webhook-signature"].split(" ") if part.startswith("v1a,")]
    assert len(given) == len(public_keys)
    for text_, signature in zip(public_keys, given, strict=True):
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text_.removeprefix("whpk_")))
        key.verify(base64.b64decode(signature), signed)
    return True


async def test_webhook_is_signed_with_the_public_key_of_the_endpoint_view(service: Service, receiver: Receiver) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    await service.send_events(event_message(to=who, note="Löwe 豹"))
    async with running_worker(service):
        await wait_until(lambda: receiver.requests)
    assert public_signatures_fit(receiver.requests[0], made["public_keys"])
    Webhook(made["secret"]).verify(receiver.requests[0].body, receiver.requests[0].headers)
    jwks = (await service.http.get("/internal/webhook-keys", headers=service.headers_as_gateway())).json()
    [key] = jwks["keys"]
    assert "d" not in key
    assert base64.urlsafe_b64decode(key["x"] + "==") == base64.b64decode(made["public_keys"][0][5:])


async def test_webhook_during_key_rotation_is_signed_by_both_keys(
    service: Service, receiver: Receiver, tmp_path: Path
) -> None:
    file = service.settings.signing_keys
    create_signing_keys(tmp_path / "second.json", tmp_path / "second.public.json")
    both = [json.loads(one.read_text())["keys"][0] for one in (file, tmp_path / "second.json")]
    file.write_text(json.dumps({"keys": both}))
    service.keys._signing._checked_at = 0.0
    who = party()
    made = await service.endpoint(who, receiver.url)
    assert len(made["public_keys"]) == 2
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: receiver.requests)
    assert public_signatures_fit(receiver.requests[0], made["public_keys"])


async def test_secret_is_stored_sealed_and_shown_again_to_a_repeated_command(service: Service) -> None:
    who, header = party(), str(uuid4())
    new = {"url": "https://example.com/"}
    headers = {**service.headers_as(who), "Command-Id": header}
    made = (await service.http.post(WHERE, json=new, headers=headers)).json()
    where = f"{WHERE}/{made['id']}/rotate-secret"
    rotated = (await service.http.post(where, headers={**headers, "Command-Id": str(uuid4())})).json()
    for table in ("endpoint_secrets", "endpoints", "commands", "events"):
        kept = await service.scalar(f"SELECT string_agg(t::text, '') FROM {table} t") or ""
        assert not any(secret[6:] in kept for secret in (made["secret"], rotated["secret"]))
    again = await service.http.post(WHERE, json=new, headers=headers)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made, "true")


async def test_delivery_with_an_unreadable_secret_is_not_sent_and_has_a_reason(
    service: Service, receiver: Receiver, tmp_path: Path
) -> None:
    who = party()
    made = await service.endpoint(who, receiver.url)
    create_encryption_keys(tmp_path / "other.json")
    other = EndpointKeys(KeyFile(tmp_path / "other.json"), KeyFile(service.settings.signing_keys))
    service.use_policy(replace(service.context.endpoint_policy, keys=other))
    await service.send_events(event_message(to=who))
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT count(*) > 0 FROM attempts"))
    assert receiver.requests == []
    [delivery] = await service.deliveries(who, made["id"])
    assert "secrets cannot be read" in delivery["attempts"][0]["reason"]
