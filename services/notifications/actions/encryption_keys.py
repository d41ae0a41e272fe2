"""The keys of notifications: one set seals secrets, the other signs deliveries, so that every receiver can verify."""

from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.notifications.domain import signature
from shared.key_files import KeyFile
from shared.limits import Limit, LimitSubject
from shared.sealed_secrets import SecretSealer

MAX_CACHED = Limit(
    20_000,
    "secrets",
    subject=LimitSubject.MEMORY,
    meaning="Secrets of endpoints that the worker keeps decrypted",
    beyond="The worker decrypts the secret again.",
)


class EndpointKeys:
    """Both key sets, read again when their files change."""

    def __init__(self, secret: KeyFile, signing: KeyFile) -> None:
        self.sealer = SecretSealer(secret)
        self._signing = signing
        self._opened: dict[tuple[str, UUID], str] = {}
        self._signing_key_cache: tuple[Any, tuple[Ed25519PrivateKey, ...]] = (None, ())

    def seal(self, plaintext: str, endpoint_id: UUID) -> str:
        """Encrypt a secret of one endpoint."""
        return self.sealer.seal(plaintext, bound_to=endpoint_id)

    def open(self, sealed: str, endpoint_id: UUID) -> str:
        """Decrypt a secret of an endpoint. Raise UnreadableSecret.

        Opened secrets stay in memory, because each delivery needs one.
        """
        cache_key = (sealed, endpoint_id)
        if cache_key not in self._opened:
            if len(self._opened) >= MAX_CACHED:
                self._opened.clear()
            self._opened[cache_key] = self.sealer.open(sealed, bound_to=endpoint_id)
        return self._opened[cache_key]

    def signing_keys(self) -> tuple[Ed25519PrivateKey, ...]:
        """Return the keys that sign. While the set contains two, both sign."""
        found = self._signing.keys
        if self._signing_key_cache[0] is not found:
            self._signing_key_cache = (found, tuple(_signing_key(key) for key in found.keys))
        return self._signing_key_cache[1]

    def public_keys(self) -> list[str]:
        """Return the public halves of the keys that sign, as receivers' libraries read them (`whpk_…`)."""
        return [signature.render_public_key(key) for key in self.signing_keys()]

    def public_jwks(self) -> dict[str, Any]:
        """Return the same keys as a JSON Web Key Set (RFC 7517)."""
        return self._signing.public_jwks()


def _signing_key(key: Any) -> Ed25519PrivateKey:
    raw: Ed25519PrivateKey = key.raw_value
    return raw
