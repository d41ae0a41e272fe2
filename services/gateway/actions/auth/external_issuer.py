"""Tokens of the outside issuer the operator trusts (any OpenID provider): checked wholly, then whose they are.

The issuer says who it is, by one claim; which party that is, says the admin, by a credential with that `subject`. So
the party's roles stay ours, and ending the credential or disabling the party works as for every other.
"""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.clients.external_keys import OutsideKeys
from services.gateway.store import credentials
from shared.signed_tokens import BadToken

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "Ed25519")
"""Asymmetric ones only: a public key is no password."""
TRUSTED_FOR = 300.0
"""Seconds for which a token that was checked is known again, at most: so long a key taken away may go on."""
LEEWAY = 30.0
NOTED_EVERY = 60.0
MOST_CACHED = 10_000
LONGEST = 16_384


class Outside:
    """Reads the tokens of one issuer."""

    def __init__(self, engine: AsyncEngine, keys: OutsideKeys, *, issuer: str, audience: str, claim: str) -> None:
        self._engine, self._keys = engine, keys
        self.issuer, self._audience, self._claim = issuer, audience, claim
        self._known: dict[bytes, tuple[float, str]] = {}
        self._noted: dict[str, float] = {}

    def is_its(self, token: str) -> bool:
        """Say whether a token claims to be of this issuer, before anything is proved."""
        try:
            return bool(_part(token, 1).get("iss") == self.issuer)
        except BadToken:
            return False

    async def subject(self, token: str, *, at: datetime) -> str:
        """Answer who a token is of, as its issuer calls it; raises BadToken."""
        name = hashlib.sha256(token.encode(errors="replace")).digest()
        known = self._known.get(name)
        if known is None or known[0] <= at.timestamp():
            claims = await self._verified(token)
            known = (min(self._until(claims, at), at.timestamp() + TRUSTED_FOR), self._named(claims))
            if len(self._known) >= MOST_CACHED:
                self._known.pop(next(iter(self._known)))
            self._known[name] = known
        return known[1]

    async def note_use(self, client_id: str, *, at: datetime) -> None:
        """Note when a credential was used last, once a minute; a database that is away keeps nobody out for it."""
        if at.timestamp() - self._noted.get(client_id, 0.0) < NOTED_EVERY:
            return
        self._noted[client_id] = at.timestamp()
        try:
            async with self._engine.begin() as conn:
                await credentials.note_use(conn, client_id, at=at)
        except (SQLAlchemyError, OSError, TimeoutError):
            pass

    async def _verified(self, token: str) -> dict[str, Any]:
        head = _part(token, 0)
        if head.get("alg") not in ALGORITHMS:
            raise BadToken("algorithm")
        kid = head.get("kid")
        for key in await self._keys.of(kid if isinstance(kid, str) else None):
            try:
                return dict(jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError, TypeError, KeyError):
                continue
        raise BadToken("signature")

    def _until(self, claims: dict[str, Any], at: datetime) -> float:
        """Check issuer, audience and times; answer the second since 1970 at which the token ends."""
        if claims.get("iss") != self.issuer:
            raise BadToken("issuer")
        if claims.get("aud") not in (self._audience, [self._audience]):
            raise BadToken("audience")
        ends, now = claims.get("exp"), at.timestamp()
        if isinstance(ends, bool) or not isinstance(ends, int | float) or ends <= now:
            raise BadToken("expired")
        for name in ("iat", "nbf"):
            moment = claims.get(name, 0)
            if isinstance(moment, bool) or not isinstance(moment, int | float) or moment > now + LEEWAY:
                raise BadToken("from the future")
        return float(ends)

    def _named(self, claims: dict[str, Any]) -> str:
        subject = claims.get(self._claim)
        if not isinstance(subject, str) or not subject:
            raise BadToken("claims")
        return subject


def _part(token: str, place: int) -> dict[str, Any]:
    """Read the head (0) or the claims (1) of a token that is not proved yet; raises BadToken."""
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3:
        raise BadToken("form")
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[place] + "=" * (-len(parts[place]) % 4)))
    except (ValueError, RecursionError):
        raise BadToken("form") from None
    if not isinstance(found, dict):
        raise BadToken("form")
    return found
