"""Random secrets and the digests under which they are kept."""

import hashlib
import secrets


def generate_secret() -> str:
    """Make a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def secret_digest(value: str) -> bytes:
    """Answer the SHA-256 a secret is kept as: at 256 random bits a slow hash would buy nothing."""
    return hashlib.sha256(value.encode()).digest()
