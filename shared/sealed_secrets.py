"""Sealed secrets: stored secrets that the hub must read again, encrypted with a key from a file.

The cipher is AES-256-GCM (NIST SP 800-38D). Each secret is bound to one object. The first key of the set seals, every
key of the set opens. So a rotation puts a new key in front, and keeps the old one until nothing is sealed with it.
"""

import base64
import hmac
import os
from dataclasses import replace
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.idempotency import IdempotentCommand, StoredResponse
from shared.key_files import KeyFile
from shared.problems import Conflict

PREFIX = "sealed:"
NONCE_BYTES = 12


class UnreadableSecret(Exception):
    """A sealed secret cannot be opened: its key is not in the set any more, or it was sealed for another object."""


class SecretSealer:
    """Seals and opens secrets with the keys of a file. The file may change while the process runs."""

    def __init__(self, keys: KeyFile) -> None:
        self._keys = keys

    def seal(self, plaintext: str, *, bound_to: UUID) -> str:
        """Encrypt a secret for one object. It can be opened for that object only."""
        key = self._keys.keys.keys[0]
        nonce = os.urandom(NONCE_BYTES)
        encrypted = nonce + _cipher(key).encrypt(nonce, plaintext.encode(), bound_to.bytes)
        return f"{PREFIX}{key.kid}:{base64.b64encode(encrypted).decode()}"

    def open(self, sealed: str, *, bound_to: UUID) -> str:
        """Decrypt a secret of this object. Raise UnreadableSecret."""
        kid, _, encoded = sealed.removeprefix(PREFIX).partition(":")
        key = next((key for key in self._keys.keys.keys if key.kid == kid), None)
        if key is None or not sealed.startswith(PREFIX):
            raise UnreadableSecret(f"sealed with key {kid}, which is not in the set")
        encrypted = base64.b64decode(encoded)
        try:
            return _cipher(key).decrypt(encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:], bound_to.bytes).decode()
        except InvalidTag:
            raise UnreadableSecret(f"sealed with key {kid} for something else, or changed since") from None


def seal_response(sealer: SecretSealer, command: IdempotentCommand, response: StoredResponse) -> StoredResponse:
    """Return a response with a secret in the form that the hub stores: its body is sealed for the command."""
    return replace(response, body=sealer.seal(response.body, bound_to=command.id))


def open_response(
    sealer: SecretSealer, command: IdempotentCommand, stored: StoredResponse, *, advice: str
) -> StoredResponse:
    """Return a stored response as it was first sent. Raise Conflict with `advice` if its key is not in the set.

    A response that an earlier version stored is not sealed. It expires within the retention of commands.
    """
    if not stored.body.startswith(PREFIX):
        return stored
    try:
        return replace(stored, body=sealer.open(stored.body, bound_to=command.id))
    except UnreadableSecret:
        detail = f"This was done, but its secret cannot be shown again. {advice}"
        raise Conflict("secret-not-kept", detail) from None


def _cipher(key: Any) -> AESGCM:
    """Return the cipher of a key. It encrypts with a key derived by HMAC, never with the key itself, which may sign."""
    parameters = key.as_dict(private=True)
    material = parameters.get("k") or parameters["d"]
    secret = base64.urlsafe_b64decode(material + "=" * (-len(material) % 4))
    return AESGCM(hmac.digest(secret, b"saola sealed secrets", "sha256"))
