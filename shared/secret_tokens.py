"""Random secrets, and the digests under which they are stored."""

import hashlib
import secrets


def generate_secret() -> str:
    """Return a new secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def secret_digest(value: str) -> bytes:
    """Return the SHA-256 under which a secret is stored. A slow hash adds no safety to 256 random bits."""
    return hashlib.sha256(value.encode()).digest()
