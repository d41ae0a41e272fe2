"""Signed tokens, internal and external, with their issuer, audience and expiry. Ed25519 only (RFC 8037, RFC 9864).

Keys are settings: a JSON Web Key Set in a file, read again when it changes. The first key signs. Every key of the set
verifies, so that two keys are valid during a rotation. Each token names its type (RFC 8725, 3.11), its issuer and one
audience, and the hub checks all of them.
"""

from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from shared.contracts.limits import MAX_CLOCK_SKEW_SECONDS
from shared.contracts.parties import Caller
from shared.key_files import ALGORITHM, KeyFile
from shared.limits import Limit, LimitSubject

TOKEN_LENGTH = Limit(
    24_576,
    "characters",
    subject=LimitSubject.SERVICES,
    meaning="A token that a service of the hub signs",
    beyond="401; the largest party has a shorter one.",
)
INTERNAL_TOKEN_TYPE = "saola-inside+jwt"  # noqa: S105
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
RECEIPT_TYPE = "saola-receipt+jwt"
INTERNAL_TOKEN_LIFETIME = timedelta(seconds=60)


class InvalidToken(Exception):
    """The token is not the hub's, is for another audience, or has expired. The message says which, for the log."""


def sign_token(keys: KeyFile, *, typ: str, claims: dict[str, Any]) -> str:
    """Sign claims with the first key of the set."""
    key = keys.keys.keys[0]
    return jwt.encode({"alg": ALGORITHM, "typ": typ, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def verify_token(token: str, keys: KeyFile, *, typ: str, issuer: str, audience: str, at: datetime) -> dict[str, Any]:
    """Return the claims of a token after all checks. Raise InvalidToken."""
    if len(token) > TOKEN_LENGTH:
        raise InvalidToken("too long")
    try:
        found = jwt.decode(token, keys.keys, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
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
    if not isinstance(issued, int) or issued > at.timestamp() + MAX_CLOCK_SKEW_SECONDS:
        raise InvalidToken("from the future")
    return claims


class InternalTokenSigner:
    """Signs the calls of one service to the other services, when it sends them."""

    def __init__(self, service: str, keys: KeyFile) -> None:
        self.service = service
        self._keys = keys

    def sign(self, caller: Caller, *, audience: str, method: str, path: str, at: datetime) -> str:
        """Return a token that names the caller to one service, for one method and one path without its query.

        It is valid for one minute. A service that sees the token cannot send another request with it.
        """
        issued_at = int(at.timestamp())
        claims = {
            "iss": self.service,
            "aud": audience,
            "iat": issued_at,
            "exp": issued_at + int(INTERNAL_TOKEN_LIFETIME.total_seconds()),
            "method": method,
            "path": path,
            "caller": caller.model_dump(mode="json"),
        }
        return sign_token(self._keys, typ=INTERNAL_TOKEN_TYPE, claims=claims)


class InternalTokenVerifier:
    """Verifies the tokens of calls to one service, from the services that it trusts."""

    def __init__(self, audience: str, trusted: dict[str, KeyFile]) -> None:
        self._audience = audience
        self._trusted = trusted

    def verify(self, token: str, *, method: str, path: str, at: datetime) -> Caller:
        """Return the caller that a token names for this request. Raise InvalidToken.

        Each issuer's token needs that issuer's own key.
        """
        for issuer, keys in self._trusted.items():
            try:
                claims = verify_token(
                    token, keys, typ=INTERNAL_TOKEN_TYPE, issuer=issuer, audience=self._audience, at=at
                )
            except InvalidToken as error:
                reason = error
                continue
            if (claims.get("method"), claims.get("path")) != (method, path):
                raise InvalidToken("another request")
            caller = Caller.model_validate(claims["caller"])
            if caller.service != issuer:
                raise InvalidToken("speaks for another service")
            return caller
        raise reason if self._trusted else InvalidToken("nobody is trusted here")
