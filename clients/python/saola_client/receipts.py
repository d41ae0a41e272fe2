"""The verification of a receipt without the hub: its signature, and the bytes to which it belongs."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
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
    try:
        signed = jws.deserialize_compact(receipt.strip(), KeySet.import_key_set(dict(keys)), algorithms=["Ed25519"])  # type: ignore[arg-type]
        claims: dict[str, Any] = json.loads(signed.payload or b"")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadReceipt(f"The receipt is not signed with one of these keys ({type(error).__name__}).") from None
    if signed.headers().get("typ") != RECEIPT_TYPE or not isinstance(claims, dict):
        raise BadReceipt("The text is signed by the hub, but it is not a receipt.")
    if content is not None:
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
        if digest != claims.get("digest"):
            raise BadReceipt(f"The receipt is for other bytes: {claims.get('digest')}. The given bytes have {digest}.")
    return claims
