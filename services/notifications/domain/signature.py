"""Signatures by Standard Webhooks 1.0 over id, timestamp and body: HMAC-SHA256 (`v1`) and Ed25519 (`v1a`)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

SECRET_PREFIX = "whsec_"  # noqa: S105
PRIVATE_PREFIX, PUBLIC_PREFIX = "whsk_", "whpk_"
SECRET_BYTES = 32


def render_secret(random_bytes: bytes) -> str:
    """Render a secret of 32 random bytes as receivers' libraries read it: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(random_bytes).decode()


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message by one secret, `v1,<base64>`; `timestamp` is Unix time in whole seconds."""
    mac = hmac.digest(_hmac_key(secret), _signed_content(message_id, timestamp, body), hashlib.sha256)
    return "v1," + base64.b64encode(mac).decode()


def sign_ed25519(key: Ed25519PrivateKey, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message by a private key, `v1a,<base64>`. The public key verifies it."""
    return "v1a," + base64.b64encode(key.sign(_signed_content(message_id, timestamp, body))).decode()


def render_signature_header(
    secrets: Iterable[str], keys: tuple[Ed25519PrivateKey, ...] = (), *, message_id: str, timestamp: int, body: bytes
) -> str:
    """Render `webhook-signature`: one signature per valid secret and key. So receivers accept it during a rotation."""
    shared = [sign(secret, message_id=message_id, timestamp=timestamp, body=body) for secret in secrets]
    return " ".join((*shared, *_public_signatures(keys, message_id, timestamp, body)))


def parse_private_key(text: str) -> Ed25519PrivateKey:
    """Parse `whsk_…`: base64 of the private key's 32 bytes, with or without the public key's 32 after them."""
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.removeprefix(PRIVATE_PREFIX))[:32])


def render_private_key(key: Ed25519PrivateKey) -> str:
    """Render a private key as `whsk_…`: base64 of its 32 bytes and the public key's 32."""
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return PRIVATE_PREFIX + base64.b64encode(raw + _public_bytes(key)).decode()


def render_public_key(key: Ed25519PrivateKey) -> str:
    """Render the public half of a key as receivers' libraries read it: `whpk_…`, base64 of its 32 bytes."""
    return PUBLIC_PREFIX + base64.b64encode(_public_bytes(key)).decode()


@lru_cache(maxsize=4096)
def _public_signatures(
    keys: tuple[Ed25519PrivateKey, ...], message_id: str, timestamp: int, body: bytes
) -> tuple[str, ...]:
    """Return the signatures by the hub's keys. They are cached, because many endpoints receive the same event."""
    return tuple(sign_ed25519(key, message_id=message_id, timestamp=timestamp, body=body) for key in keys)


def _signed_content(message_id: str, timestamp: int, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode() + body


def _public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@lru_cache(maxsize=4096)
def _hmac_key(secret: str) -> bytes:
    text = secret.removeprefix(SECRET_PREFIX)
    return base64.b64decode(text + "=" * (-len(text) % 4))
