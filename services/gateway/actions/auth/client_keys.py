"""Public keys that clients prove themselves by: read as they are given, only of the two kinds that are taken."""

from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from shared.problems import Fault, Invalid

MOST_KEYS = 5
PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
CURVES: dict[str, type[ECKey | OKPKey]] = {"P-256": ECKey, "Ed25519": OKPKey}
ALGORITHMS = ("ES256", "Ed25519")
"""What assertions may be signed with (RFC 7518; RFC 9864 names Ed25519, `EdDSA` is deprecated)."""


def read_keys(public_key: dict[str, Any] | str | None, jwks: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Read the keys of a new credential as JWKs, each with a `kid`; raises Invalid for what is none, or private."""
    if jwks is None:
        return [_read(public_key, "/public_key")]
    given = jwks.get("keys")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_KEYS:
        raise _unfit("/jwks/keys", f"A key set holds 1 to {MOST_KEYS} keys here.")
    keys = [_read(key, f"/jwks/keys/{place}") for place, key in enumerate(given)]
    if len({key["kid"] for key in keys}) != len(keys):
        raise _unfit("/jwks/keys", "Two keys have the same kid, or are the same.")
    return keys


def _read(given: Any, place: str) -> dict[str, Any]:
    if isinstance(given, str):
        return _written(_from_pem(given, place), None)
    if not isinstance(given, dict):
        raise _unfit(place, "A key is a JWK (an object), or PEM in a string.")
    if PRIVATE_PARTS & given.keys():
        raise _private(place)
    kind = CURVES.get(str(given.get("crv")))
    if kind is None:
        raise _unfit(place, "The key is a JWK on the curve P-256 (ES256) or Ed25519.")
    try:
        kid = given.get("kid")
        return _written(kind.import_key({n: v for n, v in given.items() if n in {"kty", "crv", "x", "y"}}), kid)
    except (JoseError, ValueError, TypeError, KeyError):
        raise _unfit(place, "The JWK cannot be read as a public key.") from None


def _from_pem(given: str, place: str) -> ECKey | OKPKey:
    if "PRIVATE" in given:
        raise _private(place)
    for kind in (ECKey, OKPKey):
        try:
            key = kind.import_key(given)
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
        if key.curve_name in CURVES:
            return key
    raise _unfit(place, "The PEM holds no public key on the curve P-256 or Ed25519.")


def _written(key: ECKey | OKPKey, kid: object) -> dict[str, Any]:
    named = kid if isinstance(kid, str) and 0 < len(kid) <= 255 else key.thumbprint()
    return {**key.as_dict(private=False), "kid": named}


def _unfit(place: str, text: str) -> Invalid:
    return Invalid("public-key-unfit", text, [Fault(place, "public-key-unfit", text)])


def _private(place: str) -> Invalid:
    text = "This holds a private key. It must never leave you: make a fresh pair, and send its public half."
    return Invalid("private-key-sent", text, [Fault(place, "private-key-sent", text)])
