"""The verification of a receipt without the hub: its signature, and the bytes to which it belongs."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import DecodeError, JoseError, MissingAlgorithmError
from joserfc.jwk import KeySet

from saola_client.errors import HubError

RECEIPT_TYPE = "saola-receipt+jwt"


class BadReceipt(HubError):
    """The receipt is not genuine. The message says why."""


def verify_receipt(receipt: str, keys: Mapping[str, Any], content: bytes | None = None) -> dict[str, Any]:
    """Verify the signature of a receipt. Return its claims.

    `keys` is the JWKS of `/.well-known/receipt-keys.json`. With `content` the receipt must also have the digest of
    these exact bytes. Claims: `id`, `version`, `reference`, `party`, `received_at`, `digest`. Raise BadReceipt.
    """
    key_set = _import_key_set(keys)
    try:
        signed = jws.deserialize_compact(receipt.strip(), key_set, algorithms=["Ed25519"])
        claims: dict[str, Any] = json.loads(signed.payload or b"")
    except (DecodeError, MissingAlgorithmError):
        raise BadReceipt(
            "The text is not a receipt. Expected: the response of GET /v1/declarations/{id}/receipt, unchanged."
        ) from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise BadReceipt(
            "The receipt is not signed with one of these keys. Use the keys of the hub that issued the receipt."
        ) from None
    if signed.headers().get("typ") != RECEIPT_TYPE or not isinstance(claims, dict):
        raise BadReceipt("The text is signed by the hub, but it is not a receipt.")
    if content is not None:
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
        if digest != claims.get("digest"):
            raise BadReceipt(f"The receipt is for other bytes: {claims.get('digest')}. The given bytes have {digest}.")
    return claims


def _import_key_set(keys: Mapping[str, Any]) -> KeySet:
    try:
        return KeySet.import_key_set(dict(keys))  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise BadReceipt(
            "The keys are not a JSON Web Key Set. Expected: the response of GET /.well-known/receipt-keys.json."
        ) from None
