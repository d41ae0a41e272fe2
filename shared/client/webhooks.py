"""Webhooks by Standard Webhooks 1.0, HMAC-SHA256 (`v1`): checks that one came from the hub, or signs one like it."""

import hashlib
import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

TOLERANCE = 300.0
"""Seconds a webhook's timestamp may differ from the receiver's clock, either way."""


class BadWebhook(Exception):
    """This did not come from the hub as it stands, or is too old; answer 400 and do nothing."""


def verify_webhook(
    headers: Mapping[str, str], body: bytes, secret: str, *, tolerance: float = TOLERANCE
) -> dict[str, Any]:
    """Check the signature of a webhook over its exact bytes, answer the event; raises BadWebhook.

    `secret` is what the endpoint's creation answered (`whsec_…`). Keep `webhook-id`: the same id is the same event.
    """
    found = {name.lower(): value for name, value in headers.items()}
    try:
        name, moment, signatures = (found[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise BadWebhook(f"The header {missing.args[0]} is missing.") from None
    if not moment.isdecimal() or abs(time.time() - int(moment)) > tolerance:
        raise BadWebhook("The webhook is too old, or its sender's clock or ours is wrong.")
    wanted = _signature(name, moment, body, secret).encode()
    if not any(hmac.compare_digest(wanted, given.encode()) for given in signatures.split(" ")):
        raise BadWebhook("No signature fits: the body was changed, or the secret is another endpoint's.")
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise BadWebhook("The body is no event.")
    return event


def sign_webhook(id: str, body: bytes, secret: str, *, at: float) -> dict[str, str]:
    """Answer the headers that the hub would send with this body at a moment (seconds since 1970), to try a receiver."""
    moment = str(int(at))
    return {"webhook-id": id, "webhook-timestamp": moment, "webhook-signature": _signature(id, moment, body, secret)}


def _signature(id: str, moment: str, body: bytes, secret: str) -> str:
    signed = hmac.digest(_key(secret), f"{id}.{moment}.".encode() + body, hashlib.sha256)
    return "v1," + b64encode(signed).decode()


def _key(secret: str) -> bytes:
    try:
        return b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise BadWebhook("The secret is not of the form whsec_… with base64 behind it.") from None
