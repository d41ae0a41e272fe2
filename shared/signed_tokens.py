"""Signed tokens, outside and inside: who signed, for whom, until when. Ed25519 only (RFC 8037, RFC 9864).

Keys are settings: a JSON Web Key Set in a file, read again when it changes. The first key signs; every key in the
set verifies, so that two live side by side in a rotation. Each token names its type (RFC 8725, 3.11), its issuer and
one audience, and all of them are checked.
"""

import hashlib
import json
import os
import secrets
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey, OKPKey

from shared.contracts.parties import Caller

ALGORITHM = "Ed25519"
INTERNAL_TOKEN_TYPE = "saola-inside+jwt"  # noqa: S105
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
RECEIPT_TYPE = "saola-receipt+jwt"
INTERNAL_TOKEN_LIFETIME = timedelta(seconds=60)
MAX_KEYS = 5
RELOAD_SECONDS = 2.0
"""Seconds between two looks at whether a key file has changed."""


class InvalidToken(Exception):
    """The token is not one of ours, not for us, or over; the message says which, for the log."""


class KeyFile:
    """A JSON Web Key Set in a file, read again when the file changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._checked_at = 0.0
        self._modified_ns = 0
        self._keys = self._read()

    @property
    def keys(self) -> KeySet:
        """The keys as they are now."""
        if time.monotonic() - self._checked_at > RELOAD_SECONDS:
            stamp = self.path.stat().st_mtime_ns
            if stamp != self._modified_ns:
                self._keys = self._read()
            self._checked_at = time.monotonic()
        return self._keys

    def _read(self) -> KeySet:
        self._modified_ns = self.path.stat().st_mtime_ns
        self._checked_at = time.monotonic()
        found = json.loads(self.path.read_text())
        self._retired: list[dict[str, Any]] = found.get("retired", [])
        return KeySet.import_key_set(found)

    def public_jwks(self) -> dict[str, Any]:
        """Answer the public halves, as `/.well-known/jwks.json` publishes them."""
        return {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in self.keys.keys]}

    def public_jwks_with_retired(self) -> dict[str, Any]:
        """Answer the same with the public halves of dropped keys: for what was signed to last, such as receipts."""
        return {"keys": [*self.public_jwks()["keys"], *self._retired]}


def create_signing_keys(private: Path, public: Path) -> None:
    """Write a new key set and its public halves, unless they are there already."""
    if not private.exists():
        key = OKPKey.generate_key("Ed25519", {"kid": secrets.token_hex(8)}, private=True)
        _write_json(private, {"keys": [key.as_dict(private=True)]})
    _write_json(public, KeyFile(private).public_jwks())


def rotate_keys(private: Path, public: Path, step: str) -> list[str]:
    """Take a step of a rotation: `add` a key that only verifies, `use` the last one to sign, `drop` all but the first.

    Each is read by the running services within seconds. What is dropped signs and admits nothing more; its public half
    stays in the private file (`retired`), for receipts. Answers the kids as they stand; raises ValueError for a step
    that would leave nothing to sign with, or that changes nothing.
    """
    content = json.loads(private.read_text())
    keys, retired = content["keys"], content.get("retired", [])
    if step == "add" and len(keys) < MAX_KEYS:
        keys.append(OKPKey.generate_key("Ed25519", {"kid": secrets.token_hex(8)}, private=True).as_dict(private=True))
    elif step == "use" and len(keys) > 1:
        keys.insert(0, keys.pop())
    elif step == "drop" and len(keys) > 1:
        retired += _public_jwks(keys[1:])
        del keys[1:]
    else:
        raise ValueError(f"there are {len(keys)} keys in {private}: `{step}` has nothing to do")
    if step == "add":
        _write_json(public, {"keys": [*json.loads(public.read_text())["keys"], *_public_jwks(keys[-1:])]})
    _write_json(private, {"keys": keys} | ({"retired": retired} if retired else {}))
    _write_json(public, KeyFile(private).public_jwks())
    return [str(key["kid"]) for key in keys]


def _public_jwks(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = KeySet.import_key_set({"keys": keys})
    return [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in found.keys]


def create_encryption_keys(file: Path) -> None:
    """Write a new set of one key of 256 bits that keeps secrets sealed, unless it is there already."""
    if not file.exists():
        key = OctKey.generate_key(256, {"kid": secrets.token_hex(8)}, private=True)
        _write_json(file, {"keys": [key.as_dict(private=True)]})


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
    temporary.replace(path)


def sign_token(keys: KeyFile, *, typ: str, claims: dict[str, Any]) -> str:
    """Sign claims with the first key of the set."""
    key = keys.keys.keys[0]
    return jwt.encode({"alg": ALGORITHM, "typ": typ, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def verify_token(token: str, keys: KeyFile, *, typ: str, issuer: str, audience: str, at: datetime) -> dict[str, Any]:
    """Check a token wholly and answer its claims; raises BadToken."""
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
        """Answer who stands behind a call; raises BadToken. The issuer is tried by its own keys only."""
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


def generate_secret() -> str:
    """Make a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def secret_digest(value: str) -> bytes:
    """Answer the SHA-256 a secret is kept as: at 256 random bits a slow hash would buy nothing."""
    return hashlib.sha256(value.encode()).digest()
