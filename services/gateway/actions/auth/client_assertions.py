"""Client assertions (`private_key_jwt`, RFC 7523): a client signs its identity for this issuer, once per request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from services.gateway.actions.auth.client_keys import ALGORITHMS
from services.gateway.actions.auth.token_parts import CLAIMS, HEADER, decode_part, read_timestamp
from shared.limits import Limit, LimitSubject

MAX_AGE = timedelta(minutes=5)
LEEWAY = timedelta(seconds=30)
ALLOWED_TYPES = frozenset({None, "JWT", "client-authentication+jwt"})
"""The `typ` values that an assertion may have (RFC 7523 bis). A JWT of another type is no assertion."""
MAX_LENGTH = Limit(
    8_192,
    "characters",
    subject=LimitSubject.ACCOUNTS,
    meaning="A client assertion (RFC 7523)",
    beyond="401 `invalid_client`",
)


class BadAssertion(Exception):
    """The assertion does not prove its claims. The message gives the reason to the client's developer."""


@dataclass(frozen=True)
class Assertion:
    """A verified assertion: its client, its unique id, and the time until which a replay must be refused."""

    client_id: str
    jti: str
    expires_at: datetime


def claimed_client(text: str) -> str:
    """Return the client id that an assertion claims, without verification. Raise BadAssertion."""
    try:
        if len(text) > MAX_LENGTH:
            raise BadAssertion("The assertion is too long. Leave out claims that the hub does not need.")
        name = decode_part(text, CLAIMS)["sub"]
    except (KeyError, ValueError):
        raise BadAssertion(
            "The assertion is not a signed JWT with a `sub`. Sign a new one with a JWT library."
        ) from None
    if not isinstance(name, str) or not name.isascii() or not name.isprintable() or len(name) > 128:
        raise BadAssertion("`sub` of the assertion is not a client id. Send the id of your credential.")
    return name


def verify(text: str, keys: Sequence[dict[str, Any]], *, issuer: str, at: datetime) -> Assertion:
    """Verify an assertion against the keys of its client. Raise BadAssertion."""
    claims = _verified_claims(text, keys)
    name, jti = claims.get("sub"), claims.get("jti")
    if not isinstance(name, str) or claims.get("iss") != name:
        raise BadAssertion("`iss` and `sub` of the assertion differ. Send the client id in both.")
    if claims.get("aud") != issuer:
        raise BadAssertion(f"`aud` of the assertion is not the issuer of this hub. Send one string: {issuer}")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255 or not jti.isprintable():
        raise BadAssertion(
            "`jti` of the assertion is missing or not valid. Send 1 to 255 printable "
            "characters, new for each assertion."
        )
    return Assertion(name, jti, _expiry(claims, at))


def _expiry(claims: dict[str, Any], at: datetime) -> datetime:
    """Return the time from which an assertion is refused anyway. Raise BadAssertion if that time is past."""
    now, max_age, leeway = at.timestamp(), MAX_AGE.total_seconds(), LEEWAY.total_seconds()
    expires, issued, not_before = (_timestamp(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or expires <= now:
        raise BadAssertion("`exp` is missing, or the assertion has expired. Sign a new assertion.")
    if issued is None and expires > now + max_age + leeway:
        raise BadAssertion("`exp` is more than 5 minutes ahead. Send `iat`, or an earlier `exp`.")
    if issued is not None and not now - max_age <= issued <= now + leeway:
        raise BadAssertion(
            "`iat` of the assertion is older than 5 minutes or in the future. Sign a new one; check your clock."
        )
    if not_before is not None and not_before > now + leeway:
        raise BadAssertion("`nbf` of the assertion is in the future. Check your clock.")
    last = expires if issued is None else min(expires, issued + max_age)
    return datetime.fromtimestamp(last, UTC) + timedelta(seconds=1)


def _timestamp(claims: dict[str, Any], name: str) -> float | None:
    try:
        return read_timestamp(claims, name)
    except ValueError:
        raise BadAssertion(f"`{name}` of the assertion must be a number of seconds since 1970.") from None


def _verified_claims(text: str, keys: Sequence[dict[str, Any]]) -> dict[str, Any]:
    header = _header(text)
    if header.get("alg") not in ALGORITHMS:
        raise BadAssertion(
            f"The assertion has another algorithm than {' or '.join(ALGORITHMS)} (names of RFC "
            "9864). Sign it with one of these."
        )
    if not all(isinstance(header.get(name), str | None) for name in ("typ", "kid")):
        raise BadAssertion("`typ` and `kid` of the assertion must be strings. Correct them, or leave them out.")
    if header.get("typ") not in ALLOWED_TYPES:
        raise BadAssertion(
            "`typ` of the assertion must be JWT or client-authentication+jwt. Correct it, or leave it out."
        )
    kid = header.get("kid")
    for key in [key for key in keys if kid in {None, key["kid"]}]:
        try:
            public_key = OKPKey.import_key(key) if key["kty"] == "OKP" else ECKey.import_key(key)
            return jwt.decode(text, public_key, algorithms=[str(header["alg"])]).claims
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    raise BadAssertion(
        "No key of this client verifies the signature. Sign with the private key of a registered public key."
    )


def _header(text: str) -> dict[str, Any]:
    try:
        return decode_part(text, HEADER)
    except ValueError:
        raise BadAssertion(
            "The header of the assertion is not valid. Sign a new assertion with a JWT library."
        ) from None
