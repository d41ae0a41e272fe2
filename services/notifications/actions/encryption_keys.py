"""The keys of notifications: one set that keeps what is secret sealed, one that signs so that anybody can check it."""

import base64
import os
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.notifications.domain import signature
from shared.key_files import KeyFile

SEALED_PREFIX = "sealed:"
NONCE_BYTES = 12
MAX_CACHED = 20_000


class UnreadableSecret(Exception):
    """What is sealed cannot be opened: the key that sealed it is no longer in the set."""


class EndpointKeys:
    """Both key sets, read again when their files change; the first seals and signs, all of them open."""

    def __init__(self, secret: KeyFile, signing: KeyFile) -> None:
        self._secret, self._signing = secret, signing
        self._decrypted: dict[tuple[str, UUID], str] = {}
        self._signing_key_cache: tuple[Any, tuple[Ed25519PrivateKey, ...]] = (None, ())

    def seal(self, plaintext: str, endpoint_id: UUID) -> str:
        """Encrypt (AES-256-GCM, NIST SP 800-38D) what belongs to one endpoint, and to no other."""
        key = self._secret.keys.keys[0]
        nonce = os.urandom(NONCE_BYTES)
        encrypted = nonce + AESGCM(_raw_key(key)).encrypt(nonce, plaintext.encode(), endpoint_id.bytes)
        return f"{SEALED_PREFIX}{key.kid}:{base64.b64encode(encrypted).decode()}"

    def open(self, sealed: str, endpoint_id: UUID) -> str:
        """Decrypt; what was never sealed is answered as it is. Raises UnreadableSecret."""
        if not sealed.startswith(SEALED_PREFIX):
            return sealed
        cache_key = (sealed, endpoint_id)
        if cache_key not in self._decrypted:
            if len(self._decrypted) >= MAX_CACHED:
                self._decrypted.clear()
            self._decrypted[cache_key] = self._decrypt(sealed, endpoint_id)
        return self._decrypted[cache_key]

    def _decrypt(self, sealed: str, endpoint_id: UUID) -> str:
        kid, _, text = sealed.removeprefix(SEALED_PREFIX).partition(":")
        encrypted = base64.b64decode(text)
        for key in self._secret.keys.keys:
            if key.kid == kid:
                try:
                    return (
                        AESGCM(_raw_key(key))
                        .decrypt(encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:], endpoint_id.bytes)
                        .decode()
                    )
                except InvalidTag:
                    break
        raise UnreadableSecret(f"sealed with key {kid}, which is not in the set")

    def signing_keys(self) -> tuple[Ed25519PrivateKey, ...]:
        """Answer the keys that sign; while two are in the set, both do."""
        found = self._signing.keys
        if self._signing_key_cache[0] is not found:
            self._signing_key_cache = (found, tuple(_raw_key(key) for key in found.keys))
        return self._signing_key_cache[1]

    def public_keys(self) -> list[str]:
        """Answer the public halves of the keys that sign, as receivers' libraries read them (`whpk_…`)."""
        return [signature.render_public_key(key) for key in self.signing_keys()]

    def public_jwks(self) -> dict[str, Any]:
        """Answer the same as a JSON Web Key Set (RFC 7517)."""
        return self._signing.public_jwks()


def _raw_key(key: Any) -> Any:
    return key.raw_value
