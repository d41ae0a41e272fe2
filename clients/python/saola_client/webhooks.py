"""Webhooks by Standard Webhooks 1.0, HMAC (`v1`) or Ed25519 (`v1a`): verifies one, or signs one as the hub does."""

import hashlib
import hmac
import json
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PUBLIC_KEY_PREFIX = "whpk_"
MAX_HEADER_LENGTH = 8_192
TOLERANCE_SECONDS = 300.0
"""Seconds by which a webhook's timestamp may differ from the receiver's clock."""


class BadWebhook(Exception):
    """The webhook is not from the hub, was changed, or is too old. Respond 400 and do nothing else."""


def verify_webhook(
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
    body: bytes,
    secret: str,
    *,
    tolerance: float = TOLERANCE_SECONDS,
) -> dict[str, Any]:
    """Verify the signature of a webhook over its exact bytes, and return the event. Raise BadWebhook.

    `secret` is the endpoint's secret (`whsec_…`), or one of the hub's public keys (`whpk_…`, Ed25519, `v1a`), which
    needs no shared secret. Store `webhook-id`: the same id is the same event. An endpoint of the format `cloudevents`
    receives the event's `data` alone, and then this function returns that.
    """
    found = _headers_by_name(headers)
    webhook_id, timestamp, signatures = (_header(found, f"webhook-{part}") for part in ("id", "timestamp", "signature"))
    if not re.fullmatch(r"[0-9]{1,15}", timestamp) or abs(time.time() - int(timestamp)) > tolerance:
        raise BadWebhook("The timestamp of the webhook is too far from now. Check the clocks of both machines.")
    is_signed = _has_ed25519_signature if secret.startswith(PUBLIC_KEY_PREFIX) else _has_hmac_signature
    if not is_signed(secret, f"{webhook_id}.{timestamp}.".encode() + body, signatures.split(" ")):
        raise BadWebhook("No signature matches. The body was changed, or the secret belongs to another endpoint.")
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise BadWebhook("The body is not an event. Expected: a JSON object.")
    return event


def _headers_by_name(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return headers by their names in lower case, from the text or bytes of any framework."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(_text(name).lower(), []).append(_text(value))
    return found


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else repr(value)


def _header(found: Mapping[str, list[str]], name: str) -> str:
    """Return a header's only value. Raise BadWebhook if it is missing, repeated or unreadable."""
    values = found.get(name, [])
    if not values:
        raise BadWebhook(f"The header {name} is missing.")
    if len(values) > 1:
        raise BadWebhook(f"The header {name} is present more than once.")
    value = values[0]
    if not value.isascii() or not value.isprintable() or len(value) > MAX_HEADER_LENGTH:
        raise BadWebhook(f"The header {name} cannot be read.")
    return value


def sign_webhook(event_id: str, body: bytes, secret: str, *, at: float) -> dict[str, str]:
    """Return the headers that the hub would send with this body at a time (Unix seconds), to test a receiver."""
    timestamp = str(int(at))
    signature = _hmac_signature(secret, f"{event_id}.{timestamp}.".encode() + body)
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signature}


def _hmac_signature(secret: str, signed_content: bytes) -> str:
    return (
        "v1,"
        + b64encode(hmac.digest(_decode_key(secret.removeprefix("whsec_")), signed_content, hashlib.sha256)).decode()
    )


def _has_hmac_signature(secret: str, signed_content: bytes, signatures: list[str]) -> bool:
    expected = _hmac_signature(secret, signed_content).encode()
    return any(hmac.compare_digest(expected, signature.encode()) for signature in signatures)


def _has_ed25519_signature(key: str, signed_content: bytes, signatures: list[str]) -> bool:
    try:
        public_key = Ed25519PublicKey.from_public_bytes(_decode_key(key.removeprefix(PUBLIC_KEY_PREFIX)))
    except ValueError:
        raise BadWebhook("The public key is wrong. Expected: whpk_ followed by the base64 of 32 bytes.") from None
    return any(
        _is_valid_signature(public_key, signature.removeprefix("v1a,"), signed_content)
        for signature in signatures
        if signature.startswith("v1a,")
    )


def _is_valid_signature(public_key: Ed25519PublicKey, signature: str, signed_content: bytes) -> bool:
    try:
        public_key.verify(b64decode(signature, validate=True), signed_content)
    except (ValueError, InvalidSignature):
        return False
    return True


def _decode_key(text: str) -> bytes:
    """Return the bytes of a secret in base64, with or without padding. Raise BadWebhook."""
    try:
        key = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise BadWebhook("The secret is wrong. Expected: whsec_ followed by base64.")
    return key
