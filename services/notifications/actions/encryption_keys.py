"""The keys of notifications: one set that keeps what is secret sealed, one that signs so that anybody can check it."""

import base64
import os
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.notifications.domain import signature
from shared.signed_tokens import KeyFile

MARK = "sealed:"
NONCE = 12
MOST_REMEMBERED = 20_000


class Unreadable(Exception):
    """What is sealed cannot be opened: the key that sealed it is no longer in the set."""


class Keys:
    """Both key sets, read again when their files change; the first seals and signs, all of them open."""

    def __init__(self, secret: KeyFile, signing: KeyFile) -> None:
        self._secret, self._signing = secret, signing
        self._opened: dict[tuple[str, UUID], str] = {}
        self._signers: tuple[Any, tuple[Ed25519PrivateKey, ...]] = (None, ())

    def seal(self, plain: str, about: UUID) -> str:
        """Encrypt (AES-256-GCM, NIST SP 800-38D) what belongs to one endpoint, and to no other."""
        key = self._secret.keys.keys[0]
        nonce = os.urandom(NONCE)
        closed = nonce + AESGCM(_raw(key)).encrypt(nonce, plain.encode(), about.bytes)
        return f"{MARK}{key.kid}:{base64.b64encode(closed).decode()}"

    def open(self, sealed: str, about: UUID) -> str:
        """Decrypt; what was never sealed is answered as it is. Raises Unreadable."""
        if not sealed.startswith(MARK):
            return sealed
        name = (sealed, about)
        if name not in self._opened:
            if len(self._opened) >= MOST_REMEMBERED:
                self._opened.clear()
            self._opened[name] = self._open(sealed, about)
        return self._opened[name]

    def _open(self, sealed: str, about: UUID) -> str:
        kid, _, text = sealed.removeprefix(MARK).partition(":")
        closed = base64.b64decode(text)
        for key in self._secret.keys.keys:
            if key.kid == kid:
                try:
                    return AESGCM(_raw(key)).decrypt(closed[:NONCE], closed[NONCE:], about.bytes).decode()
                except InvalidTag:
                    break
        raise Unreadable(f"sealed with key {kid}, which is not in the set")

    def signers(self) -> tuple[Ed25519PrivateKey, ...]:
        """Answer the keys that sign; while two are in the set, both do."""
        found = self._signing.keys
        if self._signers[0] is not found:
            self._signers = (found, tuple(_raw(key) for key in found.keys))
        return self._signers[1]

    def public(self) -> list[str]:
        """Answer the public halves of the keys that sign, as receivers' libraries read them (`whpk_…`)."""
        return [signature.write_public(key) for key in self.signers()]

    def published(self) -> dict[str, Any]:
        """Answer the same as a JSON Web Key Set (RFC 7517)."""
        return self._signing.public()


def is_sealed(text: str) -> bool:
    """Say whether something was sealed."""
    return text.startswith(MARK)


def _raw(key: Any) -> Any:
    return key.raw_value
