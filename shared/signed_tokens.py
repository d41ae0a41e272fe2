"""Signed tokens, outside and inside: who signed, for whom, until when. Ed25519 only (RFC 8037, RFC 9864).

Keys are settings: a JSON Web Key Set in a file, read again when it changes. The first key signs; every key in the
set verifies, so that two live side by side in a rotation. Each token names its type (RFC 8725, 3.11), its issuer and
one audience, and all of them are checked.
"""

from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from shared.contracts.parties import Caller
from shared.key_files import ALGORITHM, KeyFile

INTERNAL_TOKEN_TYPE = "saola-inside+jwt"  # noqa: S105
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
RECEIPT_TYPE = "saola-receipt+jwt"
INTERNAL_TOKEN_LIFETIME = timedelta(seconds=60)


class InvalidToken(Exception):
    """The token is not one of ours, not for us, or over; the message says which, for the log."""


def sign_token(keys: KeyFile, *, typ: str, claims: dict[str, Any]) -> str:
    """Sign claims with the first key of the set."""
    key = keys.keys.keys[0]
    return jwt.encode({"alg": ALGORITHM, "typ": typ, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def verify_token(token: str, keys: KeyFile, *, typ: str, issuer: str, audience: str, at: datetime) -> dict[str, Any]:
    """Check a token wholly and answer its claims; raises InvalidToken."""
    if len(token) > 16_384:
        raise InvalidToken("too long")
    try:
        found = jwt.decode(token, keys.keys, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidToken(f"signature: {type(error).__name__}") from None
    claims = found.claims
    if found.header.get("typ") != typ:
        raise InvalidToken("type")
    if claims.get("iss") != issuer:
        raise InvalidToken("issuer")
    if claims.get("aud") != audience:
        raise InvalidToken("audience")
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int) or expires <= at.timestamp():
        raise InvalidToken("expired")
    if not isinstance(issued, int) or issued > at.timestamp() + 30:
        raise InvalidToken("from the future")
    return claims


class InternalTokenSigner:
    """Signs calls to the other services, as one service, at the moment of sending."""

    def __init__(self, service: str, keys: KeyFile) -> None:
        self.service = service
        self._keys = keys

    def sign(self, caller: Caller, *, audience: str, at: datetime) -> str:
        """Sign who stands behind a call, for one service, for a minute."""
        issued_at = int(at.timestamp())
        claims = {
            "iss": self.service,
            "aud": audience,
            "iat": issued_at,
            "exp": issued_at + int(INTERNAL_TOKEN_LIFETIME.total_seconds()),
            "caller": caller.model_dump(mode="json"),
        }
        return sign_token(self._keys, typ=INTERNAL_TOKEN_TYPE, claims=claims)


class InternalTokenVerifier:
    """Reads the tokens of calls to one service, from the services it trusts."""

    def __init__(self, audience: str, trusted: dict[str, KeyFile]) -> None:
        self._audience = audience
        self._trusted = trusted

    def verify(self, token: str, *, at: datetime) -> Caller:
        """Answer who stands behind a call; raises InvalidToken. The issuer is tried by its own keys only."""
        for issuer, keys in self._trusted.items():
            try:
                claims = verify_token(
                    token, keys, typ=INTERNAL_TOKEN_TYPE, issuer=issuer, audience=self._audience, at=at
                )
            except InvalidToken as error:
                reason = error
                continue
            caller = Caller.model_validate(claims["caller"])
            if caller.service != issuer:
                raise InvalidToken("speaks for another service")
            return caller
        raise reason if self._trusted else InvalidToken("nobody is trusted here")
