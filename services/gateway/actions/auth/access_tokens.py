"""Access tokens: an Ed25519 JWT of type at+jwt (RFC 9068), an hour long, for a party by one of its credentials."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.database import new_id
from shared.signed_tokens import OUTSIDE, BadToken, KeyFile, read, sign

LIFE = timedelta(hours=1)
AUDIENCE = "saola"
MOST_CACHED = 10_000


class Access:
    """Issues access tokens and reads them; one that was read whole is known again by its SHA-256 until it ends."""

    def __init__(self, keys: KeyFile, issuer: str) -> None:
        self.keys, self.issuer = keys, issuer
        self._read_with = keys.keys
        self._cached: dict[bytes, tuple[float, UUID, str]] = {}

    def issue(self, party_id: UUID, client_id: str, *, at: datetime) -> str:
        """Sign a token for a party."""
        begins = int(at.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": str(party_id),
            "client_id": client_id,
            "iat": begins,
            "exp": begins + int(LIFE.total_seconds()),
            "jti": new_id(at).hex,
        }
        return sign(self.keys, typ=OUTSIDE, claims=claims)

    def bearer(self, token: str, *, at: datetime) -> tuple[UUID, str]:
        """Answer the party id and client id a token speaks for; raises BadToken."""
        if self.keys.keys is not self._read_with:
            self._read_with = self.keys.keys
            self._cached.clear()
        name = hashlib.sha256(token.encode(errors="replace")).digest()
        found = self._cached.get(name)
        if found is None:
            found = self._remember(
                name, read(token, self.keys, typ=OUTSIDE, issuer=self.issuer, audience=AUDIENCE, at=at)
            )
        if found[0] <= at.timestamp():
            self._cached.pop(name, None)
            raise BadToken("expired")
        return found[1], found[2]

    def _remember(self, name: bytes, claims: dict[str, Any]) -> tuple[float, UUID, str]:
        try:
            found = (float(claims["exp"]), UUID(claims["sub"]), str(claims["client_id"]))
        except (KeyError, ValueError, TypeError, AttributeError):
            raise BadToken("claims") from None
        if len(self._cached) >= MOST_CACHED:
            self._cached.pop(next(iter(self._cached)))
        self._cached[name] = found
        return found
