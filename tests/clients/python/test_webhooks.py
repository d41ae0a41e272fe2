"""The verification of webhooks, compared with the reference library of Standard Webhooks."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from saola_client import BadWebhook, verify_webhook

SECRET = "whsec_" + b64encode(b"a secret of at least 24 bytes").decode()
BODY = json.dumps({"id": "msg_1", "type": "declaration.released", "data": {"name": "é"}}).encode()


def signed(body: bytes = BODY, at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a body that the reference library signed."""
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": signature,
    }


def test_webhook_signed_by_the_reference_library_is_verified_with_any_case_of_headers() -> None:
    assert verify_webhook(signed(), BODY, SECRET)["type"] == "declaration.released"
    assert verify_webhook({k.lower(): v for k, v in signed().items()}, BODY, SECRET)["id"] == "msg_1"


def test_valid_signature_among_several_is_enough() -> None:
    headers = signed()
    headers["Webhook-Signature"] = f"v1a,c29tZXRoaW5n v1,bm90aGluZw== {headers['Webhook-Signature']}"
    assert verify_webhook(headers, BODY, SECRET)


@pytest.mark.parametrize("change", ["body", "id", "timestamp", "secret", "signature", "missing"])
def test_webhook_that_was_changed_is_refused(change: str) -> None:
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
def test_webhook_from_another_time_is_refused(minutes: int) -> None:
    with pytest.raises(BadWebhook, match="Check the clocks of both machines"):
        verify_webhook(signed(at=datetime.now(UTC) + timedelta(minutes=minutes)), BODY, SECRET)


def test_webhook_timestamp_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(BadWebhook):
        verify_webhook(signed() | {"Webhook-Timestamp": "²"}, BODY, SECRET)


@pytest.mark.parametrize("body", [b"[]", b"not json"])
def test_signed_body_that_is_not_an_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadWebhook):
        verify_webhook(signed(body), body, SECRET)


@pytest.mark.parametrize("secret", ["whsec_?", "whsec_", "", "whsec_***"])
def test_secret_in_wrong_form_is_refused(secret: str) -> None:
    with pytest.raises(BadWebhook, match="whsec_"):
        verify_webhook(signed(), BODY, secret)


@pytest.mark.parametrize("length", [30, 31, 32])
def test_secret_is_accepted_without_padding_or_prefix(length: int) -> None:
    secret = "whsec_" + b64encode(b"s" * length).decode()
    headers = signed(secret=secret)
    for written in (secret, secret.rstrip("="), secret.removeprefix("whsec_")):
        assert verify_webhook(headers, BODY, written)


@pytest.mark.parametrize("entry", ["", "v1,", "v1", "v1{}", "v2,{}", "v1,{:.8}", "V1,{}", "{}"])
def test_incomplete_signature_or_other_version_is_refused(entry: str) -> None:
    headers = signed()
    right = headers["Webhook-Signature"].removeprefix("v1,")
    with pytest.raises(BadWebhook, match="No signature matches"):
        verify_webhook(headers | {"Webhook-Signature": entry.format(right)}, BODY, SECRET)
    both = f"{entry.format(right)} v1,{right}"
    assert verify_webhook(headers | {"Webhook-Signature": both}, BODY, SECRET)


@pytest.mark.parametrize(("seconds", "good"), [(-295, True), (-301, False), (295, True), (310, False)])
def test_webhook_timestamp_may_differ_by_five_minutes(seconds: int, good: bool) -> None:
    headers = signed(at=datetime.now(UTC) + timedelta(seconds=seconds))
    if good:
        assert verify_webhook(headers, BODY, SECRET)
    else:
        with pytest.raises(BadWebhook, match="Check the clocks of both machines"):
            verify_webhook(headers, BODY, SECRET)


def test_public_key_verifies_webhook_without_shared_secret() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    headers = signed()
    signed_content = f"msg_1.{headers['Webhook-Timestamp']}.".encode() + BODY
    headers["Webhook-Signature"] += " v1a,bm9uZQ== v1a," + b64encode(key.sign(signed_content)).decode()
    assert verify_webhook(headers, BODY, public_key_text(key))["id"] == "msg_1"
    for wrong, body in ((public_key_text(other), BODY), (public_key_text(key), BODY + b" ")):
        with pytest.raises(BadWebhook, match="No signature matches"):
            verify_webhook(headers, body, wrong)
    with pytest.raises(BadWebhook, match="whpk_"):
        verify_webhook(headers, BODY, "whpk_c2hvcnQ=")


def public_key_text(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key as the hub publishes it."""
    return "whpk_" + b64encode(key.public_key().public_bytes_raw()).decode()


ODD = (
    "",
    " ",
    "\x00",
    "é",
    "\ud800",
    "9" * 5000,
    "١٢٣",
    "-1",
    "1e9",
    "v1",
    "v1,",
    "v1,\n",
    "v1,é",
    "," * 9000,
    "v1a,AAAA",
)


def test_headers_may_be_bytes_or_pairs_without_repetition() -> None:
    headers = signed()
    pairs: Any = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert verify_webhook(pairs, BODY, SECRET)["id"] == verify_webhook(headers, BODY, SECRET)["id"]
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        with pytest.raises(BadWebhook, match="present more than once"):
            verify_webhook([*headers.items(), (name, "1")], BODY, SECRET)


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_webhook_header_with_unreadable_value_is_refused(name: str) -> None:
    for value in ODD:
        with pytest.raises(BadWebhook):
            verify_webhook(signed() | {name: value}, BODY, SECRET)
