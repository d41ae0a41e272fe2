"""The client of the receivers: one signed POST per attempt, limited in time and size, to public addresses only."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from yarl import URL

from services.notifications.domain import allowed_addresses, event_payloads, signature
from services.notifications.domain.allowed_addresses import AllowedAddresses
from services.notifications.domain.cloud_events import render_cloud_event
from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.domain.delivery_result import DeliveryResult, failure_reason
from shared.cites.events import EventType
from shared.limits import Limit, LimitSubject

CONNECT_SECONDS = Limit(
    5,
    "seconds",
    subject=LimitSubject.EVENTS,
    meaning="Time for a connection to an endpoint",
    beyond="The attempt fails.",
)
TIMEOUT_SECONDS = Limit(
    15,
    "seconds",
    subject=LimitSubject.EVENTS,
    meaning="Time for the response of an endpoint",
    beyond="The attempt fails.",
)
MAX_RESPONSE_BYTES = Limit(
    4096,
    "bytes",
    subject=LimitSubject.EVENTS,
    meaning="The response of a webhook endpoint",
    beyond="The hub reads no more.",
)
KEEP_ALIVE = 4.0
"""Seconds that an idle connection is kept: shorter than most servers do, so that they seldom close it during a POST."""
RESOLVER_THREADS = 64
"""Threads for name look-ups: many, so that names that do not resolve do not delay other names."""


LookUp = Callable[..., Sequence[tuple[Any, Any, int, str, Any]]]
"""Returns a name's addresses as `socket.getaddrinfo` does, which is the default."""
ReadSigningKeys = Callable[[], tuple[Ed25519PrivateKey, ...]]


def no_signing_keys() -> tuple[Ed25519PrivateKey, ...]:
    """Return no keys: only the endpoints' secrets sign."""
    return ()


class AddressNotAllowed(OSError):
    """The hub sends no webhooks to this address."""


class Resolver(AbstractResolver):
    """Resolves a name once, and refuses it if the hub may not send to one of its addresses."""

    def __init__(self, allowed: AllowedAddresses, *, plain_http: bool = False, look_up: LookUp | None = None) -> None:
        self._allowed, self._plain_http, self._look_up = allowed, plain_http, look_up
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolve")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host, all of which are allowed. Raise AddressNotAllowed, OSError."""
        loop = asyncio.get_running_loop()
        look_up = self._look_up or socket.getaddrinfo
        infos = await loop.run_in_executor(
            self._threads, lambda: look_up(host, port, type=socket.SOCK_STREAM, family=family)
        )
        found: list[ResolveResult] = []
        for kind, _, proto, _, address in infos:
            require_allowed_address(str(address[0]), self._allowed, plain_http=self._plain_http)
            found.append(
                {
                    "hostname": host,
                    "host": str(address[0]),
                    "port": port,
                    "family": kind,
                    "proto": proto,
                    "flags": socket.AI_NUMERICHOST,
                }
            )
        return found

    async def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def require_allowed_address(address: str, allowed: AllowedAddresses, *, plain_http: bool) -> None:
    """Raise AddressNotAllowed if the hub may not send webhooks to an address.

    Plain http goes only to addresses that the operator allows. The owner of the endpoint reads the message. It does
    not show the address, because a name could be used to read the addresses of an internal network.
    """
    kind = allowed_addresses.refusal_reason(address, allowed)
    if kind is not None:
        raise AddressNotAllowed(f"the host has no public address ({kind})")
    if plain_http and not allowed.contains(address):
        raise AddressNotAllowed("the hub sends to this host by https only")


class WebhookClient:
    """Sends to all receivers, through one connection pool for https and one for plain http."""

    def __init__(
        self,
        allowed: AllowedAddresses,
        signing_keys: ReadSigningKeys = no_signing_keys,
        *,
        seconds: float = TIMEOUT_SECONDS,
        look_up: LookUp | None = None,
    ) -> None:
        self._allowed, self._signing_keys, self._look_up = allowed, signing_keys, look_up
        self._seconds = seconds
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def open(self) -> None:
        """Open the pools, inside the running loop. The caller limits the number of connections."""
        self._sessions = {"https": self._session(plain_http=False), "http": self._session(plain_http=True)}

    async def close(self) -> None:
        """Close the pools."""
        for session in self._sessions.values():
            await session.close()

    def _session(self, *, plain_http: bool) -> aiohttp.ClientSession:
        def make_socket(info: tuple[Any, Any, int, str, Any]) -> socket.socket:
            """Create the socket of a connection: the last moment at which its address can be refused."""
            family, kind, proto, _, address = info
            require_allowed_address(str(address[0]), self._allowed, plain_http=plain_http)
            new_socket = socket.socket(family, kind, proto)
            new_socket.setblocking(False)
            return new_socket

        resolver = Resolver(self._allowed, plain_http=plain_http, look_up=self._look_up)
        return aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._seconds, connect=CONNECT_SECONDS),
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEEP_ALIVE, resolver=resolver, socket_factory=make_socket
            ),
            headers={"Content-Type": "application/json", "User-Agent": "Saola", "Accept-Encoding": "identity"},
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def post(self, request: DeliveryRequest) -> DeliveryResult:
        """Send one delivery and return its result. Raise nothing for errors of the receiver or the network."""
        started = time.perf_counter()
        if request.fault is not None:
            return DeliveryResult(status=None, reason=request.fault, duration_ms=0)
        try:
            status, body, retry_after = await self._send(request)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            fault = _connection_failure(error, self._seconds)
            return DeliveryResult(status=None, reason=fault, duration_ms=_milliseconds(started))
        reason = failure_reason(status) or _challenge_failure(request, body)
        excerpt = _decode_text(body) if reason else None
        return DeliveryResult(
            status=status,
            reason=reason,
            duration_ms=_milliseconds(started),
            response_excerpt=excerpt,
            retry_after=retry_after if reason else None,
        )

    async def _send(self, request: DeliveryRequest) -> tuple[int, bytes, timedelta | None]:
        session = self._sessions[request.url.partition(":")[0].lower()]
        message_id, timestamp = str(request.event_id), int(time.time())
        attributes, body = render_cloud_event(request) if request.format == "cloudevents" else ({}, request.body)
        signatures = signature.render_signature_header(
            request.secrets, self._signing_keys(), message_id=message_id, timestamp=timestamp, body=body
        )
        headers = {
            **dict(request.headers),
            **attributes,
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures,
        }
        # `encoded`: the URL is called as its owner wrote it. Otherwise yarl decodes %2F and removes dot segments.
        url = URL(request.url, encoded=True)
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            response_body = await _read_excerpt(response)
            return response.status, response_body, _retry_after(response.headers.get("Retry-After"))


def _challenge_failure(request: DeliveryRequest, body: bytes) -> str | None:
    """Return why a challenge was not met; None if it was, and for every other event."""
    if request.event_type != EventType.ENDPOINT_VERIFICATION or event_payloads.is_challenge_met(request.body, body):
        return None
    return 'did not answer {"challenge": …} with the challenge it was sent, and nothing else of the event'


async def _read_excerpt(response: aiohttp.ClientResponse) -> bytes:
    """Read at most 4 kB of a response. The rest of a longer one stays unread, and aiohttp closes the connection."""
    parts: list[bytes] = []
    remaining: int = MAX_RESPONSE_BYTES
    while remaining > 0 and (part := await response.content.read(remaining)):
        parts.append(part)
        remaining -= len(part)
    return b"".join(parts)


def _retry_after(value: str | None) -> timedelta | None:
    """Parse Retry-After (RFC 9110, 10.2.3): seconds or a date. Any other value counts as None."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return timedelta(seconds=min(int(value.strip()[:12]), 10**9))
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)


def _connection_failure(error: BaseException, seconds: float) -> str:
    """Return in words why there is no complete response, without the addresses that the libraries' messages have."""
    cause = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    for found in (*_error_chain(error), cause):
        if isinstance(found, AddressNotAllowed):
            return str(found)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"no connection within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, TimeoutError):
        return f"no whole answer within {seconds:.0f} s"
    phrase = _FAILURE_REASONS.get(type(error), "the connection failed")
    words = _decode_text(str(error).encode()) if isinstance(error, aiohttp.InvalidURL) else _system_words(cause)
    return f"{phrase}: {words}"[:500] if words else phrase


def _system_words(cause: BaseException) -> str:
    """Return the system's words for an error of the connection, such as "Connection refused". They name no address."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return str(cause.verify_message)
    if isinstance(cause, ssl.SSLError):
        return str(cause.reason or "").replace("_", " ").lower()
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return os.strerror(cause.errno)
    return ""


def _decode_text(content: bytes) -> str:
    """Decode a receiver's bytes as text that PostgreSQL can store."""
    return content.decode("utf-8", "replace").replace("\x00", "")


def _error_chain(error: BaseException | None) -> Sequence[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 8:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


_FAILURE_REASONS: dict[type[BaseException], str] = {
    aiohttp.ClientConnectorDNSError: "the name does not resolve",
    aiohttp.ClientConnectorCertificateError: "the certificate is not valid",
    aiohttp.ClientConnectorSSLError: "TLS failed",
    aiohttp.ServerDisconnectedError: "closed without an answer",
    aiohttp.ClientPayloadError: "the answer was cut off",
}


def _milliseconds(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
