"""Checking a webhook: the oracle is the reference library of Standard Webhooks."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from shared.client import BadWebhook, verify_webhook

SECRET = "whsec_" + b64encode(b"a secret of at least 24 bytes").decode()
BODY = json.dumps({"id": "msg_1", "type": "declaration.released", "data": {"name": "é"}}).encode()


def signed(body: bytes = BODY, at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": signature,
    }


def test_a_letter_signed_by_the_reference_library_is_good_whatever_the_case_of_its_headers() -> None:
    assert verify_webhook(signed(), BODY, SECRET)["type"] == "declaration.released"
    assert verify_webhook({k.lower(): v for k, v in signed().items()}, BODY, SECRET)["id"] == "msg_1"


def test_one_good_signature_among_several_is_enough() -> None:
    headers = signed()
    headers["Webhook-Signature"] = f"v1a,c29tZXRoaW5n v1,bm90aGluZw== {headers['Webhook-Signature']}"
    assert verify_webhook(headers, BODY, SECRET)


@pytest.mark.parametrize("change", ["body", "id", "timestamp", "secret", "signature", "missing"])
def test_whatever_was_changed_is_found(change: str) -> None:
    headers, body, secret = signed(), BODY, SECRET
    match change:
        case "body":
            body += b" "
        case "id":
            headers["Webhook-Id"] = "msg_2"
        case "timestamp":
            headers["Webhook-Timestamp"] = str(int(headers["Webhook-Timestamp"]) - 1)
        case "secret":
            secret = "whsec_" + b64encode(b"another secret of 24 bytes").decode()
        case "signature":
            headers["Webhook-Signature"] = "v1,é"
        case "missing":
            del headers["Webhook-Signature"]
    with pytest.raises(BadWebhook):
        verify_webhook(headers, body, secret)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_letter_from_another_time_is_refused(minutes: int) -> None:
    with pytest.raises(BadWebhook, match="too old"):
        verify_webhook(signed(at=datetime.now(UTC) + timedelta(minutes=minutes)), BODY, SECRET)


def test_a_timestamp_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadWebhook):
        verify_webhook(signed() | {"Webhook-Timestamp": "²"}, BODY, SECRET)


@pytest.mark.parametrize("body", [b"[]", b"not json"])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadWebhook):
        verify_webhook(signed(body), body, SECRET)


def test_a_secret_that_is_none_is_refused() -> None:
    with pytest.raises(BadWebhook, match="whsec_"):
        verify_webhook(signed(), BODY, "whsec_?")
