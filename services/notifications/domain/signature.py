"""Signatures by Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body, scheme `v1`."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32


def write_secret(chance: bytes) -> str:
    """Write a secret of 32 random bytes as partners' libraries read it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(chance).decode()


def sign(secret: str, *, id: str, timestamp: int, body: bytes) -> str:
    """Sign a message with one secret; `timestamp` in whole seconds since 1970, UTC. Answers `v1,<base64>`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    mac = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac).decode()


def header(secrets: Iterable[str], *, id: str, timestamp: int, body: bytes) -> str:
    """Write `webhook-signature`: one signature for each live secret, so that a rotation breaks nobody."""
    return " ".join(sign(secret, id=id, timestamp=timestamp, body=body) for secret in secrets)
