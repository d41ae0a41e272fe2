"""A seal for kept answers that hold a secret: readable only with the hub's token keys (JWE, RFC 7516).

The secret is random, not derived, so a signing key that leaks later does not give away every credential ever made;
and what is kept says nothing to who has the database alone. The key is derived (HMAC, as the expansion of RFC 5869
has it) from the first token key; when that has been rotated away the secret is not shown again.
"""

import base64
import hmac
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.key_files import KeyFile
from shared.problems import Conflict


class ResponseSealer:
    """Closes and opens short secrets with keys derived from a key file."""

    def __init__(self, keys: KeyFile) -> None:
        self._keys = keys

    def seal(self, plain: bytes) -> bytes:
        """Encrypt with the first key of the file."""
        key = self._keys.keys.keys[0]
        header = {"alg": "dir", "enc": "A256GCM", "kid": key.kid}
        return jwe.encrypt_compact(header, plain, _derive_key(key)).encode()

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt; raises Conflict when the key that closed it is no longer there."""
        for key in self._keys.keys.keys:
            try:
                plain = jwe.decrypt_compact(sealed, _derive_key(key)).plaintext
            except (JoseError, ValueError):
                continue
            if plain is not None:
                return plain
        raise Conflict(
            "secret-not-kept",
            "A credential was made under this key, but its secret cannot be shown again. End it, and make another.",
        )


def _derive_key(key: Any) -> OctKey:
    private = base64.urlsafe_b64decode(key.as_dict(private=True)["d"] + "==")
    return OctKey.import_key(hmac.digest(private, b"saola kept answers\x01", "sha256"))
