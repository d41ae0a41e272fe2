"""The HTTP transport of the client: it fetches and renews its token, repeats requests safely, and raises problems.

It repeats a request after a lost response, after 429, and after a 5xx with Retry-After. It repeats only a GET, or a
request with an Idempotency-Key. Every POST of the client has one.
"""

import json
import random
import socket
import ssl
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

from saola_client.errors import HubError, NoResponse, Problem
from saola_client.keys import ASSERTION_TYPE, ClientKey

JSON = "application/json"
RENEW_BEFORE_SECONDS = 30.0
"""Seconds before its expiry at which the client renews a token."""


def retry_delay(tries: int, retry_after: float | None, jitter: float) -> float:
    """Return the seconds before the next attempt: Retry-After, else 0.1 s doubled up to 3 s; plus up to 25 %."""
    delay = retry_after if retry_after is not None else min(0.1 * 2 ** min(tries, 10), 3.0)
    return delay * (1 + 0.25 * jitter)


class Transport:
    """One party's transport to one hub. Threads may share it. Several parties may share its connections."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str | ClientKey,
        *,
        timeout_seconds: float,
        retry_seconds: float,
        http: httpx2.Client | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._client_id, self._client_secret = client_id, client_secret
        self._issuer = ""
        self._timeout_seconds, self._retry_seconds = timeout_seconds, retry_seconds
        self._http = http or _create_http_client(self.url, timeout_seconds)
        self._lock = threading.Lock()
        self._access_token, self._renew_at = "", 0.0

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def with_credentials(self, client_id: str, client_secret: str | ClientKey) -> "Transport":
        """Return a transport for another party over the same connections."""
        return Transport(
            self.url,
            client_id,
            client_secret,
            timeout_seconds=self._timeout_seconds,
            retry_seconds=self._retry_seconds,
            http=self._http,
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> httpx2.Response:
        """Send a request. Raise Problem if the hub refuses, NoResponse without a response within `retry_seconds`."""
        request_headers = dict(headers or {})
        timeout = httpx2.Timeout(timeout_seconds or self._timeout_seconds, connect=5.0)
        for renewed in (False, True):
            request_headers["Authorization"] = f"Bearer {self.access_token()}"
            request = self._http.build_request(
                method, path, content=body, params=list(query), headers=request_headers, timeout=timeout
            )
            response = self._send_with_retries(
                request, idempotent=method == "GET" or "Idempotency-Key" in request_headers
            )
            if response.status_code != 401 or renewed:
                break
            self._discard_token(request_headers["Authorization"])
        if response.is_success:
            return response
        raise parse_problem(response)

    def access_token(self) -> str:
        """Return a valid access token. Fetch one by client credentials (RFC 6749, 4.4) if necessary."""
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._fetch_token()
            return self._access_token

    def _fetch_token(self) -> None:
        response = self._request_token()
        if response.status_code == 401 and isinstance(self._client_secret, ClientKey):
            response = self._request_token()  # a response was lost, and an assertion is valid only once
        if not response.is_success:
            raise parse_problem(response)
        found = response.json()
        self._access_token = found["access_token"]
        self._renew_at = time.monotonic() + max(float(found.get("expires_in", 60)) - RENEW_BEFORE_SECONDS, 1.0)

    def _request_token(self) -> httpx2.Response:
        form, headers = {"grant_type": "client_credentials"}, {}
        if isinstance(self._client_secret, ClientKey):
            assertion = self._client_secret.sign_assertion(self._client_id, self._read_issuer())
            form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        else:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers = {"Authorization": "Basic " + b64encode(pair.encode()).decode()}
        request = self._http.build_request("POST", "/oauth2/token", data=form, headers=headers)
        return self._send_with_retries(request, idempotent=True)

    def _read_issuer(self) -> str:
        """Return the hub's issuer, which is the audience of assertions."""
        if not self._issuer:
            request = self._http.build_request("GET", "/.well-known/oauth-authorization-server")
            response = self._send_with_retries(request, idempotent=True)
            if not response.is_success:
                raise parse_problem(response)
            self._issuer = str(response.json()["issuer"])
        return self._issuer

    def _discard_token(self, authorization: str) -> None:
        with self._lock:
            if authorization == f"Bearer {self._access_token}":
                self._renew_at = 0.0

    def _send_with_retries(self, request: httpx2.Request, *, idempotent: bool) -> httpx2.Response:
        """Send a request, and repeat it while that is safe, helps, and `retry_seconds` last."""
        deadline, tries = time.monotonic() + self._retry_seconds, 0
        while True:
            retry_after, transport_error = None, None
            try:
                response = self._http.send(request)
            except httpx2.TransportError as error:
                transport_error = error
            else:
                retry_after = _parse_retry_after(response)
                if response.status_code != 429 and (response.status_code < 500 or retry_after is None):
                    return response
            can_retry = idempotent or isinstance(transport_error, httpx2.ConnectError | httpx2.ConnectTimeout)
            wait = retry_delay(tries, retry_after, random.random())  # noqa: S311
            if not can_retry or time.monotonic() + wait > deadline:
                if transport_error is None:
                    return response
                raise NoResponse(_unreachable_message(self.url, transport_error)) from transport_error
            time.sleep(wait)
            tries += 1


def _create_http_client(url: str, timeout_seconds: float) -> httpx2.Client:
    """Return a connection pool, which closes idle connections before the server does. Loopback needs no proxy."""
    _require_hub_url(url)
    return httpx2.Client(
        base_url=url,
        timeout=httpx2.Timeout(timeout_seconds, connect=5.0),
        limits=httpx2.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=4.0),
        trust_env=urlsplit(url).hostname not in {"127.0.0.1", "localhost", "::1"},
    )


def _require_hub_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise HubError(f"The address of the hub is {url!r}. Expected: http://host:port or https://host.")


def _unreachable_message(url: str, error: Exception) -> str:
    return f"The hub at {url} does not respond: {_explain_transport_error(url, error)}"


def _explain_transport_error(url: str, error: Exception) -> str:
    """Return the cause of a transport error and what to do. The causes of the error name the operating system's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return f"the host name {urlsplit(url).hostname} is unknown. Check the address."
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid ({cause.verify_message}). Check the address and the certificate."
        if isinstance(cause, ssl.SSLError):
            return "the port does not accept https. Check the address: a hub without TLS has http://."
        if isinstance(cause, ConnectionRefusedError):
            return "no program listens on this port. Check the address and that the hub runs."
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx2.TimeoutException):
        return "the time for a response has passed. Check the address and that the hub runs."
    return f"the connection ended ({type(error).__name__}). Check the address and that the hub runs."


def _parse_retry_after(response: httpx2.Response) -> float | None:
    """Parse Retry-After, seconds or a date (RFC 9110, 10.2.3); None for anything else."""
    header = response.headers.get("retry-after", "")
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None


def parse_problem(response: httpx2.Response) -> Problem:
    """Return the Problem of a refused request, for any body."""
    try:
        found = response.json()
    except ValueError:
        found = {}
    if not isinstance(found, dict):
        found = {}
    return Problem(
        status=response.status_code,
        code=str(found.get("code") or found.get("error") or f"http-{response.status_code}"),
        title=str(found.get("title") or response.reason_phrase),
        detail=str(found.get("detail") or found.get("error_description") or ""),
        request_id=str(found.get("request_id") or response.headers.get("x-request-id", "")),
        errors=list(found.get("errors") or ()),
        retry_after=_parse_retry_after(response),
        page=str(found.get("type") or ""),
    )


def to_json(value: Any) -> bytes:
    """Render a body as JSON. Decimals and dates become strings, as the API expects. Raise HubError or TypeError."""
    return json.dumps(value, default=_json_default, allow_nan=False, ensure_ascii=False).encode()


def _json_default(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise HubError("A time has no zone. Use datetime.now(UTC) instead of datetime.now().")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"A body contains {type(value).__name__}. Expected: the types of JSON, Decimal, date or datetime.")
