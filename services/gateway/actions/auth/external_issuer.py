"""Tokens of the external issuer that the operator trusts (any OpenID provider).

The issuer states the subject by one claim. The administrator assigns that subject to a party by a credential. So the
hub decides the roles, and the end of a credential or a party works as for every other token.
"""

import hashlib
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.auth.token_parts import CLAIMS, HEADER, decode_part, read_timestamp
from services.gateway.clients.external_keys import ExternalKeys
from services.gateway.store import credentials
from shared.database import DATABASE_ERRORS
from shared.limits import Limit, LimitSubject
from shared.signed_tokens import InvalidToken

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "Ed25519")
"""Asymmetric algorithms only, because a public key is no password."""
ALLOWED_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""The `typ` values of an access token (RFC 9068), in lower case. Many providers write `JWT`, or leave it out.

A JWT of another type (`logout+jwt`, `dpop+jwt`, `secevent+jwt`) has another purpose (RFC 8725, 3.11).
"""
CACHE_SECONDS = 300.0
"""Maximum seconds for which a verified token is cached. A key that the issuer removed stays valid for so long."""
LEEWAY = 30.0
RECORD_EVERY_SECONDS = 60.0
MAX_CACHED = Limit(
    10_000,
    "tokens",
    subject=LimitSubject.MEMORY,
    meaning="Tokens of the external issuer whose check the gateway remembers",
    beyond="The gateway checks the token again.",
)
MAX_TOKEN_LENGTH = Limit(
    16_384,
    "characters",
    subject=LimitSubject.ACCOUNTS,
    meaning="A token of the external issuer",
    beyond="401 `unauthenticated`",
)


class ExternalIssuer:
    """Verifies the tokens of one issuer."""

    def __init__(self, engine: AsyncEngine, keys: ExternalKeys, *, issuer: str, audience: str, claim: str) -> None:
        self._engine, self._keys = engine, keys
        self.issuer, self._audience, self._claim = issuer, audience, claim
        self._cached: dict[bytes, tuple[float, str]] = {}
        self._recorded: dict[str, float] = {}

    def is_claimed_by(self, token: str) -> bool:
        """Return whether a token claims this issuer, without verification."""
        try:
            return bool(_decode(token, CLAIMS).get("iss") == self.issuer)
        except InvalidToken:
            return False

    async def verify_subject(self, token: str, *, at: datetime) -> str:
        """Return the subject of a token as its issuer names it. Raise InvalidToken."""
        token_hash = hashlib.sha256(token.encode(errors="replace")).digest()
        cached = self._cached.get(token_hash)
        if cached is None or cached[0] <= at.timestamp():
            claims = await self._verified_claims(token)
            cached = (min(self._expiry(claims, at), at.timestamp() + CACHE_SECONDS), self._subject_claim(claims))
            if len(self._cached) >= MAX_CACHED:
                self._cached.pop(next(iter(self._cached)))
            self._cached[token_hash] = cached
        return cached[1]

    async def record_use(self, client_id: str, *, at: datetime) -> None:
        """Store the time of the last use of a credential, at most once per minute.

        If the database fails, the request continues without it.
        """
        if at.timestamp() - self._recorded.get(client_id, 0.0) < RECORD_EVERY_SECONDS:
            return
        self._recorded[client_id] = at.timestamp()
        try:
            async with self._engine.begin() as conn:
                await credentials.record_use(conn, client_id, at=at)
        except DATABASE_ERRORS:
            pass

    async def _verified_claims(self, token: str) -> dict[str, Any]:
        header = _decode(token, HEADER)
        if header.get("alg") not in ALGORITHMS:
            raise InvalidToken("algorithm")
        if not _is_access_token_type(header.get("typ")):
            raise InvalidToken("type")
        kid = header.get("kid")
        for key in await self._keys.find_keys(kid if isinstance(kid, str) else None):
            try:
                return dict(jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError, TypeError, KeyError):
                continue
        raise InvalidToken("signature")

    def _expiry(self, claims: dict[str, Any], at: datetime) -> float:
        """Check issuer, audience and times. Return the end of the token in seconds since 1970."""
        if claims.get("iss") != self.issuer:
            raise InvalidToken("issuer")
        if claims.get("aud") not in (self._audience, [self._audience]):
            raise InvalidToken("audience")
        now = at.timestamp()
        try:
            expires, issued, not_before = (read_timestamp(claims, name) for name in ("exp", "iat", "nbf"))
        except ValueError as error:
            raise InvalidToken(f"{error} is no time") from None
        if expires is None or expires <= now:
            raise InvalidToken("expired")
        if max(issued or 0.0, not_before or 0.0) > now + LEEWAY:
            raise InvalidToken("from the future")
        return expires

    def _subject_claim(self, claims: dict[str, Any]) -> str:
        subject = claims.get(self._claim)
        if not isinstance(subject, str) or not subject:
            raise InvalidToken("claims")
        return subject


def _is_access_token_type(typ: Any) -> bool:
    """Return whether a token with this `typ` may be an access token. Media types have no upper and lower case."""
    if isinstance(typ, str):
        return typ.lower() in ALLOWED_TYPES
    return typ is None


def _decode(token: str, index: int) -> dict[str, Any]:
    """Return the header or the claims of an unverified token. Raise InvalidToken."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidToken("form")
    try:
        return decode_part(token, index)
    except ValueError:
        raise InvalidToken("form") from None
