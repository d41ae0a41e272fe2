"""Client assertions (`private_key_jwt`, RFC 7523): a client signs who it is, for our issuer alone, each time anew."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from services.gateway.actions.auth.client_keys import ALGORITHMS

OLDEST = timedelta(minutes=5)
LEEWAY = timedelta(seconds=30)
TYPES = frozenset({None, "JWT", "client-authentication+jwt"})
"""`typ` of an assertion, when it says one (RFC 7523 bis); a token of another type is none."""
LONGEST = 8_192


class BadAssertion(Exception):
    """The assertion does not prove what it says; the message says why, for the client's developer."""


@dataclass(frozen=True)
class Assertion:
    """What a verified assertion says: who, once, until when it could be sent again."""

    client_id: str
    jti: str
    until: datetime


def claimed_client(text: str) -> str:
    """Answer who an assertion says it is from, before anything is proved; raises BadAssertion."""
    try:
        if len(text) > LONGEST:
            raise BadAssertion("The assertion is too long.")
        part = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        name = claims["sub"]
    except (IndexError, KeyError, TypeError, ValueError):
        raise BadAssertion("The assertion is no signed JWT with a `sub`.") from None
    if not isinstance(name, str) or not name.isascii() or not name.isprintable() or len(name) > 128:
        raise BadAssertion("`sub` is no client id.")
    return name


def check(text: str, keys: Sequence[dict[str, Any]], *, issuer: str, at: datetime) -> Assertion:
    """Check an assertion wholly against a client's keys; raises BadAssertion."""
    claims = _verified(text, keys)
    name, jti = claims.get("sub"), claims.get("jti")
    if not isinstance(name, str) or claims.get("iss") != name:
        raise BadAssertion("`iss` and `sub` are both the client id.")
    if claims.get("aud") != issuer:
        raise BadAssertion(f"`aud` is one string, our issuer: {issuer}")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255 or not jti.isprintable():
        raise BadAssertion("`jti` is a string of 1 to 255 printable characters, new for each assertion.")
    return Assertion(name, jti, _until(claims, at))


def _until(claims: dict[str, Any], at: datetime) -> datetime:
    """Answer when an assertion could not be taken any more; raises BadAssertion when that is past."""
    now, oldest, leeway = at.timestamp(), OLDEST.total_seconds(), LEEWAY.total_seconds()
    ends, issued, begins = (_moment(claims, name) for name in ("exp", "iat", "nbf"))
    if ends is None or ends <= now:
        raise BadAssertion("`exp` is missing, or the assertion has expired.")
    if issued is None and ends > now + oldest + leeway:
        raise BadAssertion("Without `iat`, `exp` lies at most 5 minutes ahead.")
    if issued is not None and not now - oldest <= issued <= now + leeway:
        raise BadAssertion("The assertion is older than 5 minutes, or from the future: see `iat`.")
    if begins is not None and begins > now + leeway:
        raise BadAssertion("The assertion does not hold yet: see `nbf`.")
    last = ends if issued is None else min(ends, issued + oldest)
    return datetime.fromtimestamp(last, UTC) + timedelta(seconds=1)


def _moment(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise BadAssertion(f"`{name}` is a number of seconds since 1970.")
    return float(value)


def _verified(text: str, keys: Sequence[dict[str, Any]]) -> dict[str, Any]:
    head = _header(text)
    if head.get("alg") not in ALGORITHMS:
        raise BadAssertion(f"The assertion is signed with {' or '.join(ALGORITHMS)} (RFC 9864's name), nothing else.")
    if not all(isinstance(head.get(name), str | None) for name in ("typ", "kid")):
        raise BadAssertion("`typ` and `kid` are strings, or left out.")
    if head.get("typ") not in TYPES:
        raise BadAssertion("`typ` is JWT or client-authentication+jwt, or left out.")
    kid = head.get("kid")
    for key in [key for key in keys if kid in {None, key["kid"]}]:
        try:
            read = OKPKey.import_key(key) if key["kty"] == "OKP" else ECKey.import_key(key)
            return jwt.decode(text, read, algorithms=[str(head["alg"])]).claims
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    raise BadAssertion("No key of this client fits the signature.")


def _header(text: str) -> dict[str, Any]:
    part = text.split(".", maxsplit=1)[0]
    try:
        head = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        raise BadAssertion("The assertion's header cannot be read.") from None
    if not isinstance(head, dict):
        raise BadAssertion("The assertion's header cannot be read.")
    return head
