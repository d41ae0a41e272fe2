"""A client's own key. It signs the client's request for each token (`private_key_jwt`, RFC 7523)."""

import json
import secrets
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from saola_client.errors import HubError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME_SECONDS = 60
"""Seconds for which an assertion is valid. The client sends it at once."""
ALGORITHMS = {"Ed25519": "Ed25519", "P-256": "ES256"}
EXPECTED_KEY = "Expected: a private key as JWK or PEM, on the curve Ed25519 or P-256."


class ClientKey:
    """A private key, Ed25519 or P-256, which never leaves this program. Give its `public` half to the administrator."""

    def __init__(self, private: str | dict[str, Any]) -> None:
        """Read a private key: a JWK (an object or its JSON text), or PEM. Raise HubError for any other key."""
        self._key = _parse_private_key(private)
        if self._key.curve_name not in ALGORITHMS or not self._key.is_private:
            raise HubError(f"The key is not usable. {EXPECTED_KEY}")

    @classmethod
    def generate(cls) -> "ClientKey":
        """Generate an Ed25519 key. Store its `private` half before you register the `public` one."""
        return cls(OKPKey.generate_key("Ed25519", {"kid": secrets.token_hex(8)}, private=True).as_dict(private=True))

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JWK, for `create_credential(party_id, {"public_key": key.public})`."""
        return dict(self._key.as_dict(private=False))

    @property
    def private(self) -> dict[str, Any]:
        """The private key as a JWK. Store it where only this program can read it."""
        return dict(self._key.as_dict(private=True))

    def sign_assertion(self, client_id: str, issuer: str) -> str:
        """Return a signed assertion of the client id. One hub accepts it once, within one minute."""
        at = int(time.time())
        registered_claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "iat": at,
            "exp": at + ASSERTION_LIFETIME_SECONDS,
        }
        algorithm = ALGORITHMS[str(self._key.curve_name)]
        claims = registered_claims | {"jti": secrets.token_urlsafe(16)}
        return jwt.encode({"alg": algorithm}, claims, self._key, algorithms=[algorithm])


def _parse_private_key(private: str | dict[str, Any]) -> OKPKey | ECKey:
    key_data = json.loads(private) if isinstance(private, str) and private.lstrip().startswith("{") else private
    for kind in (OKPKey, ECKey):
        try:
            return kind.import_key(key_data)
        except (JoseError, ValueError, TypeError, AttributeError, KeyError):
            continue
    raise HubError(f"The private key cannot be read. {EXPECTED_KEY}")
