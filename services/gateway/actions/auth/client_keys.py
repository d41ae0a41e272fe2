"""Public keys by which clients prove their identity: P-256 or Ed25519, as JWK, JWKS or PEM."""

from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from shared.limits import Limit, LimitSubject
from shared.problems import Fault, Invalid

MAX_KEYS = Limit(
    5,
    "keys",
    subject=LimitSubject.ACCOUNTS,
    meaning="Public keys of one credential",
    beyond="422 `public-key-unfit`",
)
PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
CURVES: dict[str, type[ECKey | OKPKey]] = {"P-256": ECKey, "Ed25519": OKPKey}
ALGORITHMS = ("ES256", "Ed25519")
"""Signature algorithms of assertions (RFC 7518; RFC 9864 names Ed25519 and deprecates `EdDSA`)."""


def parse_keys(public_key: dict[str, Any] | str | None, jwks: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the keys of a new credential as JWKs, each with a `kid`. Raise Invalid for a private or unusable key."""
    if jwks is None:
        return [_parse_key(public_key, "/public_key")]
    given = jwks.get("keys")
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_KEYS:
        raise _unfit_key("/jwks/keys", f"Expected a key set of 1 to {MAX_KEYS} public keys.")
    keys = [_parse_key(key, f"/jwks/keys/{index}") for index, key in enumerate(given)]
    if len({key["kid"] for key in keys}) != len(keys):
        raise _unfit_key(
            "/jwks/keys",
            "Two keys of the set are the same or have the same `kid`. Send each key once, with its own `kid`.",
        )
    return keys


def _parse_key(given: Any, pointer: str) -> dict[str, Any]:
    if isinstance(given, str):
        return _to_jwk(_parse_pem(given, pointer), None)
    if not isinstance(given, dict):
        raise _unfit_key(pointer, "Expected a key as JWK (an object) or as PEM in a string.")
    if PRIVATE_PARTS & given.keys():
        raise _private_key_sent(pointer)
    kind = CURVES.get(str(given.get("crv")))
    if kind is None:
        raise _unfit_key(pointer, "Expected a JWK on the curve P-256 (ES256) or Ed25519.")
    try:
        kid = given.get("kid")
        return _to_jwk(kind.import_key({n: v for n, v in given.items() if n in {"kty", "crv", "x", "y"}}), kid)
    except (JoseError, ValueError, TypeError, KeyError):
        raise _unfit_key(
            pointer, "The JWK is not a complete public key. Send its fields `kty`, `crv`, `x`, and `y` for P-256."
        ) from None


def _parse_pem(given: str, pointer: str) -> ECKey | OKPKey:
    if "PRIVATE" in given:
        raise _private_key_sent(pointer)
    for kind in (ECKey, OKPKey):
        try:
            key = kind.import_key(given)
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
        if key.curve_name in CURVES:
            return key
    raise _unfit_key(pointer, "The PEM has no public key on the curve P-256 or Ed25519. Send such a key.")


def _to_jwk(key: ECKey | OKPKey, kid: object) -> dict[str, Any]:
    """Return a key as a JWK. A `kid` that no log and no database can show is replaced by the thumbprint."""
    key_id = kid if isinstance(kid, str) and 0 < len(kid) <= 255 and kid.isprintable() else key.thumbprint()
    return {**key.as_dict(private=False), "kid": key_id}


def _unfit_key(pointer: str, text: str) -> Invalid:
    return Invalid("public-key-unfit", text, [Fault(pointer, "public-key-unfit", text)])


def _private_key_sent(pointer: str) -> Invalid:
    text = "This is a private key. Do not use it any more. Create a new pair, and send its public key."
    return Invalid("private-key-sent", text, [Fault(pointer, "private-key-sent", text)])
