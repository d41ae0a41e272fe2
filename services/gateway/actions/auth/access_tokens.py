"""Access tokens: Ed25519 JWTs of type at+jwt (RFC 9068), valid for one hour, for a party and one of its credentials."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.database import new_id
from shared.key_files import KeyFile
from shared.limits import Limit, LimitSubject
from shared.signed_tokens import ACCESS_TOKEN_TYPE, InvalidToken, sign_token, verify_token

TOKEN_LIFETIME = timedelta(hours=1)
AUDIENCE = "saola"
MAX_CACHED = Limit(
    10_000,
    "tokens",
    subject=LimitSubject.MEMORY,
    meaning="Access tokens whose check the gateway remembers",
    beyond="The gateway checks the token again.",
)


class AccessTokens:
    """Issues and verifies access tokens. A verified token is cached by its SHA-256 until it ends."""

    def __init__(self, keys: KeyFile, issuer: str) -> None:
        self.keys, self.issuer = keys, issuer
        self._cached_with_keys = keys.keys
        self._cached: dict[bytes, tuple[float, UUID, str]] = {}

    def issue(self, party_id: UUID, client_id: str, *, at: datetime) -> str:
        """Return a signed token for a party."""
        issued_at = int(at.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": str(party_id),
            "client_id": client_id,
            "iat": issued_at,
            "exp": issued_at + int(TOKEN_LIFETIME.total_seconds()),
            "jti": new_id(at).hex,
        }
        return sign_token(self.keys, typ=ACCESS_TOKEN_TYPE, claims=claims)

    def verify(self, token: str, *, at: datetime) -> tuple[UUID, str]:
        """Return the party id and the client id of a token. Raise InvalidToken."""
        if self.keys.keys is not self._cached_with_keys:
            self._cached_with_keys = self.keys.keys
            self._cached.clear()
        token_hash = hashlib.sha256(token.encode(errors="replace")).digest()
        found = self._cached.get(token_hash)
        if found is None:
            found = self._store_claims(
                token_hash,
                verify_token(token, self.keys, typ=ACCESS_TOKEN_TYPE, issuer=self.issuer, audience=AUDIENCE, at=at),
            )
        if found[0] <= at.timestamp():
            self._cached.pop(token_hash, None)
            raise InvalidToken("expired")
        return found[1], found[2]

    def _store_claims(self, token_hash: bytes, claims: dict[str, Any]) -> tuple[float, UUID, str]:
        try:
            found = (float(claims["exp"]), UUID(claims["sub"]), str(claims["client_id"]))
        except (KeyError, ValueError, TypeError, AttributeError):
            raise InvalidToken("claims") from None
        if len(self._cached) >= MAX_CACHED:
            self._cached.pop(next(iter(self._cached)))
        self._cached[token_hash] = found
        return found
