"""The verification of a receipt without the hub: the right key and the right bytes, or one clear error."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from saola_client import BadReceipt, verify_receipt
from shared.key_files import KeyFile, create_signing_keys
from shared.signed_tokens import ACCESS_TOKEN_TYPE, RECEIPT_TYPE, sign_token

BODY = b"<Declaration/>"
CLAIMS: dict[str, Any] = {
    "id": "x",
    "digest": f"sha-256=:{base64.b64encode(hashlib.sha256(BODY).digest()).decode()}:",
}


def _create_keys(folder: Path, name: str = "a") -> KeyFile:
    create_signing_keys(folder / f"{name}.json", folder / f"{name}.public.json")
    return KeyFile(folder / f"{name}.json")


def test_receipt_returns_its_signed_claims(tmp_path: Path) -> None:
    keys = _create_keys(tmp_path)
    receipt = sign_token(keys, typ=RECEIPT_TYPE, claims=CLAIMS)
    assert verify_receipt(receipt + "\n", keys.public_jwks(), BODY) == CLAIMS


def test_receipt_with_other_bytes_key_or_type_is_refused(tmp_path: Path) -> None:
    keys, other = _create_keys(tmp_path), _create_keys(tmp_path, "b")
    good = sign_token(keys, typ=RECEIPT_TYPE, claims=CLAIMS)
    token = sign_token(keys, typ=ACCESS_TOKEN_TYPE, claims=CLAIMS)
    head, payload, signature = good.split(".")
    forged = f"{head}.{base64.urlsafe_b64encode(b'{}').decode().rstrip('=')}.{signature}"
    with pytest.raises(BadReceipt, match="other bytes"):
        verify_receipt(good, keys.public_jwks(), BODY + b" ")
    for receipt, known, message in (
        (good, other.public_jwks(), "is not signed with one of these keys"),
        (forged, keys.public_jwks(), "is not signed with one of these keys"),
        ("x", keys.public_jwks(), "is not a receipt"),
        ("# Title. Text. End", keys.public_jwks(), "is not a receipt"),
        (good, {"keys": []}, "keys are not a JSON Web Key Set"),
        (good, {}, "keys are not a JSON Web Key Set"),
    ):
        with pytest.raises(BadReceipt, match=message):
            verify_receipt(receipt, known)
    with pytest.raises(BadReceipt, match="not a receipt"):
        verify_receipt(token, keys.public_jwks())
    assert payload
