"""The public keys of the outside issuer the operator trusts: fetched, kept, fetched again when a key is not known."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.logs import logger

FRESH_FOR = 600.0
"""Seconds after which the keys are fetched again anyway, so that one taken away stops."""
NOT_OFTENER = 10.0
"""Seconds between two fetches, whatever key ids strangers make up."""
LARGEST = 262_144
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DISCOVERY = "/.well-known/openid-configuration"
BROKEN = (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError, AttributeError, JoseError)


def is_fit(url: str) -> bool:
    """Say whether an address may be asked: https, or http to this very machine; it comes from the operator alone."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class OutsideKeys:
    """One issuer's keys. `jwks_url` may be empty: then its OpenID configuration names it."""

    def __init__(self, issuer: str, jwks_url: str = "") -> None:
        self._issuer, self._url = issuer, jwks_url
        self._keys: KeySet | None = None
        self._tried = self._fetched = float("-inf")
        self._one_fetch = asyncio.Lock()

    async def of(self, kid: str | None) -> list[Any]:
        """Answer the keys that may have signed under this name; none when nothing could ever be fetched."""
        if not self._knows(kid) or time.monotonic() - self._fetched > FRESH_FOR:
            await self._fetch(kid)
        keys = [] if self._keys is None else self._keys.keys
        return [key for key in keys if kid is None or key.kid == kid]

    def _knows(self, kid: str | None) -> bool:
        return self._keys is not None and (kid is None or any(key.kid == kid for key in self._keys.keys))

    async def _fetch(self, kid: str | None) -> None:
        async with self._one_fetch:
            fresh = time.monotonic() - self._fetched <= FRESH_FOR
            if (fresh and self._knows(kid)) or time.monotonic() - self._tried < NOT_OFTENER:
                return
            self._tried = time.monotonic()
            try:
                async with aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=5.0, connect=2.0),
                    trust_env=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                ) as session:
                    where = self._url or str((await _read(session, self._issuer.rstrip("/") + DISCOVERY))["jwks_uri"])
                    self._keys = KeySet.import_key_set(await _read(session, where))  # type: ignore[arg-type]
                self._fetched = time.monotonic()
            except BROKEN as error:
                logger().warning("outside.keys", issuer=self._issuer, error=repr(error)[:300])


async def _read(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    if not is_fit(url):
        raise ValueError(f"{url} is not https")
    async with session.get(url, allow_redirects=False) as answer:
        if answer.status != 200:
            raise ValueError(f"{url} answered {answer.status}")
        body = await answer.content.read(LARGEST + 1)
        while len(body) <= LARGEST and not answer.content.at_eof():
            body += await answer.content.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError(f"{url} is larger than {LARGEST} bytes")
    found: dict[str, Any] = json.loads(body)
    return found
