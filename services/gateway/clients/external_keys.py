"""The public keys of the trusted external issuer: fetched, cached, and fetched again for an unknown key."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError, MissingKeyError
from joserfc.jwk import Key, KeySet

from shared.limits import Limit, LimitSubject
from shared.logs import logger

MAX_AGE_SECONDS = Limit(
    600,
    "seconds",
    subject=LimitSubject.ACCOUNTS,
    meaning="Age of the public keys of the external issuer",
    beyond="The gateway fetches them again.",
)
"""Seconds after which the keys are fetched again, so that a removed key stops working."""
MIN_FETCH_INTERVAL = 10.0
"""Seconds between two fetches, however many unknown key ids arrive."""
MAX_BYTES = Limit(
    262_144,
    "bytes",
    subject=LimitSubject.ACCOUNTS,
    meaning="The public keys of the external issuer",
    beyond="The gateway keeps the keys that it has.",
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DISCOVERY_PATH = "/.well-known/openid-configuration"
KEY_ERRORS = (JoseError, UnsupportedAlgorithm, ValueError, KeyError, TypeError, AttributeError)
"""The errors of the JWK library for a key that it does not know, or that is not valid."""
FETCH_ERRORS = (*KEY_ERRORS, aiohttp.ClientError, OSError, TimeoutError, RecursionError)


def is_allowed_url(url: str) -> bool:
    """Return whether the URL is https, or http to this machine. It comes only from the operator."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class ExternalKeys:
    """The keys of one issuer. If `jwks_url` is empty, the issuer's OpenID configuration has the URL."""

    def __init__(self, issuer: str, jwks_url: str = "") -> None:
        self._issuer, self._url = issuer, jwks_url
        self._keys: KeySet | None = None
        self._attempted_at = self._fetched_at = float("-inf")
        self._fetch_lock = asyncio.Lock()

    async def find_keys(self, kid: str | None) -> list[Any]:
        """Return the keys that may have signed under this key id. Return none if no fetch has succeeded."""
        if not self._has_key(kid) or time.monotonic() - self._fetched_at > MAX_AGE_SECONDS:
            await self._fetch(kid)
        keys = [] if self._keys is None else self._keys.keys
        return [key for key in keys if kid is None or key.kid == kid]

    def _has_key(self, kid: str | None) -> bool:
        return self._keys is not None and (kid is None or any(key.kid == kid for key in self._keys.keys))

    async def _fetch(self, kid: str | None) -> None:
        async with self._fetch_lock:
            fresh = time.monotonic() - self._fetched_at <= MAX_AGE_SECONDS
            if (fresh and self._has_key(kid)) or time.monotonic() - self._attempted_at < MIN_FETCH_INTERVAL:
                return
            self._attempted_at = time.monotonic()
            try:
                async with aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=5.0, connect=2.0),
                    trust_env=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                ) as session:
                    jwks_url = self._url or str(
                        (await _fetch_json(session, self._issuer.rstrip("/") + DISCOVERY_PATH))["jwks_uri"]
                    )
                    self._keys = _import_usable_keys(await _fetch_json(session, jwks_url))
                self._fetched_at = time.monotonic()
            except FETCH_ERRORS as error:
                logger().warning("external_keys.fetch_failed", issuer=self._issuer, error=error)


def _import_usable_keys(content: dict[str, Any]) -> KeySet:
    """Return the keys of a set without those that the hub cannot use (RFC 7517, section 5). Raise if none is left."""
    keys: list[Key] = []
    for entry in content["keys"]:
        try:
            keys += KeySet.import_key_set({"keys": [entry]}).keys
        except KEY_ERRORS as error:
            logger().warning("external_keys.key_ignored", error=error)
    if not keys:
        raise MissingKeyError("no usable key")
    return KeySet(keys)


async def _fetch_json(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    if not is_allowed_url(url):
        raise ValueError(f"{url} is not https")
    async with session.get(url, allow_redirects=False) as response:
        if response.status != 200:
            raise ValueError(f"{url} answered {response.status}")
        body = await response.content.read(MAX_BYTES + 1)
        while len(body) <= MAX_BYTES and not response.content.at_eof():
            body += await response.content.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise ValueError(f"{url} is larger than {MAX_BYTES} bytes")
    found: dict[str, Any] = json.loads(body)
    return found
