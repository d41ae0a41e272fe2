"""How the client speaks HTTP: fetches and renews its token, asks again where that is safe, raises problems.

It is asked again when no answer came, at 429, and at a 5xx that names a Retry-After; only what may be repeated: a GET,
or a POST under an Idempotency-Key. Every POST the client makes has one.
"""

import json
import random
import threading
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from saola_client.errors import HubError, NoAnswer, Problem
from saola_client.keys import ASSERTION, ClientKey

JSON = "application/json"
RENEW_BEFORE = 30.0
"""Seconds before its end at which a token is renewed."""


def pause(tries: int, retry_after: float | None, chance: float) -> float:
    """Answer how many seconds to wait before asking again: as told, else 0.1 s doubling to 3 s; plus up to 25 %."""
    told = retry_after if retry_after is not None else min(0.1 * 2 ** min(tries, 10), 3.0)
    return told * (1 + 0.25 * chance)


class Transport:
    """One party's connection to one hub. Threads may share it; parties may share the connections beneath it."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str | ClientKey,
        *,
        seconds: float,
        patience: float,
        http: httpx2.Client | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._client_id, self._proof = client_id, client_secret
        self._issuer = ""
        self._seconds, self._patience = seconds, patience
        self._http = http or _connections(self.url, seconds)
        self._lock = threading.Lock()
        self._token, self._renew_at = "", 0.0

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def beside(self, client_id: str, client_secret: str | ClientKey) -> "Transport":
        """Answer the same way for another party, over the same connections."""
        return Transport(
            self.url, client_id, client_secret, seconds=self._seconds, patience=self._patience, http=self._http
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> httpx2.Response:
        """Ask the hub; raises Problem for a refusal and NoAnswer when no answer could be had within the patience."""
        asked = dict(headers or {})
        limit = httpx2.Timeout(seconds or self._seconds, connect=5.0)
        for renewed in (False, True):
            asked["Authorization"] = f"Bearer {self.token()}"
            request = self._http.build_request(
                method, path, content=body, params=list(query), headers=asked, timeout=limit
            )
            answer = self._persist(request, safe=method == "GET" or "Idempotency-Key" in asked)
            if answer.status_code != 401 or renewed:
                break
            self._forget(asked["Authorization"])
        if answer.is_success:
            return answer
        raise problem_of(answer)

    def token(self) -> str:
        """Answer a valid access token, fetched by client credentials (RFC 6749, 4.4) when needed."""
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._fetch()
            return self._token

    def _fetch(self) -> None:
        answer = self._ask_token()
        if answer.status_code == 401 and isinstance(self._proof, ClientKey):
            answer = self._ask_token()  # an answer was lost, and with it the assertion: each counts once
        if not answer.is_success:
            raise problem_of(answer)
        found = answer.json()
        self._token = found["access_token"]
        self._renew_at = time.monotonic() + max(float(found.get("expires_in", 60)) - RENEW_BEFORE, 1.0)

    def _ask_token(self) -> httpx2.Response:
        form, headers = {"grant_type": "client_credentials"}, {}
        if isinstance(self._proof, ClientKey):
            assertion = self._proof.assertion(self._client_id, self._the_issuer())
            form |= {"client_assertion_type": ASSERTION, "client_assertion": assertion}
        else:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._proof, safe='')}"
            headers = {"Authorization": "Basic " + b64encode(pair.encode()).decode()}
        request = self._http.build_request("POST", "/oauth2/token", data=form, headers=headers)
        return self._persist(request, safe=True)

    def _the_issuer(self) -> str:
        """Answer what the hub calls itself, for whom assertions are made."""
        if not self._issuer:
            request = self._http.build_request("GET", "/.well-known/oauth-authorization-server")
            answer = self._persist(request, safe=True)
            if not answer.is_success:
                raise problem_of(answer)
            self._issuer = str(answer.json()["issuer"])
        return self._issuer

    def _forget(self, authorization: str) -> None:
        with self._lock:
            if authorization == f"Bearer {self._token}":
                self._renew_at = 0.0

    def _persist(self, request: httpx2.Request, *, safe: bool) -> httpx2.Response:
        """Send a request, again while that is safe, helps, and the patience lasts."""
        ends, tries = time.monotonic() + self._patience, 0
        while True:
            told, lost = None, None
            try:
                answer = self._http.send(request)
            except httpx2.TransportError as error:
                lost = error
            else:
                told = _retry_after(answer)
                if answer.status_code != 429 and (answer.status_code < 500 or told is None):
                    return answer
            may = safe or isinstance(lost, httpx2.ConnectError | httpx2.ConnectTimeout)
            wait = pause(tries, told, random.random())  # noqa: S311
            if not may or time.monotonic() + wait > ends:
                if lost is None:
                    return answer
                raise NoAnswer(_unreached(self.url, lost)) from lost
            time.sleep(wait)
            tries += 1


def _connections(url: str, seconds: float) -> httpx2.Client:
    """Make the pool; what is idle is closed before the server would close it. No proxy stands before a loopback."""
    _must_be_an_address(url)
    return httpx2.Client(
        base_url=url,
        timeout=httpx2.Timeout(seconds, connect=5.0),
        limits=httpx2.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=4.0),
        trust_env=urlsplit(url).hostname not in {"127.0.0.1", "localhost", "::1"},
    )


def _must_be_an_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise HubError(f"The address of a hub is written http://host:port or https://host; this is not: {url!r}")


def _unreached(url: str, error: Exception) -> str:
    how = "`saola up` starts one on this machine; `--hub` of a command names another"
    return f"No answer from {url} ({type(error).__name__}). Is the hub there? {how}."


def _retry_after(answer: httpx2.Response) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110, 10.2.3)."""
    told = answer.headers.get("retry-after", "")
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        return max(parsedate_to_datetime(told).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None


def problem_of(answer: httpx2.Response) -> Problem:
    """Turn a refusal into the exception it is raised as; whatever the body holds."""
    try:
        found = answer.json()
    except ValueError:
        found = {}
    if not isinstance(found, dict):
        found = {}
    return Problem(
        status=answer.status_code,
        code=str(found.get("code") or found.get("error") or f"http-{answer.status_code}"),
        title=str(found.get("title") or answer.reason_phrase),
        detail=str(found.get("detail") or found.get("error_description") or ""),
        request_id=str(found.get("request_id") or answer.headers.get("x-request-id", "")),
        errors=list(found.get("errors") or ()),
        retry_after=_retry_after(answer),
    )


def to_json(value: Any) -> bytes:
    """Write a body; decimals and days become strings, as the contract says. Floats are refused: they lose digits."""
    return json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False).encode()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise HubError("A time needs its zone: use datetime.now(UTC), not datetime.now().")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a message to the hub")
