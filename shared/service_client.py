"""Calls from one service to another over HTTP: signed when they are sent, limited in time, with a circuit breaker."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from shared.clock_skew import ResponseClock
from shared.contracts.limits import RESPONSE_BYTES
from shared.contracts.parties import Caller
from shared.database import now
from shared.problems import ProblemError, Unavailable
from shared.request_context import current_request
from shared.signed_tokens import InternalTokenSigner

SECONDS_BETWEEN_CHUNKS = 60.0
"""The maximum of seconds between two chunks of a stream. The database sorts the rows before the first chunk."""
READY_SECONDS = 5.0
"""The maximum of seconds for which a service may think about whether it is ready."""


class ServiceUnreachable(Exception):
    """The other service cannot be reached, or is overloaded. It did nothing; waiting helps."""


class ResponseLost(Exception):
    """The connection ended before the response arrived. The other service may have carried out the request."""


class ResponseTimeout(ResponseLost):
    """The response did not arrive in time. The other service may have stopped; the request need not be the cause."""


class ResponseTooLarge(ProblemError):
    """The response is longer than one service reads from another. Repetition does not help."""

    def __init__(self, service: str) -> None:
        detail = (
            f"The response of the {service} service is longer than {RESPONSE_BYTES} bytes. Ask for less: fewer entries "
            "by `limit`, or no `expand`. If that is not possible, tell the operator of the hub."
        )
        super().__init__("response-too-large", detail)


@dataclass(frozen=True)
class ServiceResponse:
    """The response of another service."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class ServiceStream:
    """A response that arrives in chunks. The caller closes it, whether it was read to its end or not."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


@dataclass
class CircuitBreaker:
    """Stops calls to a service that keeps failing.

    It is open for `pause_seconds` seconds after `failure_limit` failures in a row.
    """

    failure_limit: int = 5
    pause_seconds: float = 1.0
    failures: int = 0
    opened_at: float = field(default=-1e9)

    def allows_call(self) -> bool:
        """Return whether a call may be made now. While open, the breaker allows one call per pause, as a probe."""
        if self.failures < self.failure_limit:
            return True
        if time.monotonic() - self.opened_at >= self.pause_seconds:
            self.opened_at = time.monotonic()
            return True
        return False

    def record(self, *, succeeded: bool) -> None:
        """Record whether a call succeeded."""
        self.failures = 0 if succeeded else self.failures + 1
        if self.failures == self.failure_limit:
            self.opened_at = time.monotonic()


class ServiceClient:
    """The HTTP client of another service of the hub."""

    def __init__(
        self,
        name: str,
        url: str,
        signer: InternalTokenSigner,
        *,
        seconds: float = 20.0,
        connections: int = 100,
        clock: ResponseClock | None = None,
    ) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._signer = signer
        self._breaker = CircuitBreaker()
        self._seconds = seconds
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self.clock = clock or ResponseClock()

    async def open(self) -> None:
        """Open the connection pool, inside the running loop."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._seconds, connect=2.0),
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=30),
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Close the connection pool."""
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        *,
        caller: Caller,
        body: bytes | AsyncIterator[bytes] | None = None,
        query: list[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> ServiceResponse:
        """Call the service. Raise ServiceUnreachable if it cannot be reached, ResponseLost if its response was lost.

        A lost response does not open the breaker. One message may have made the process fail, and its supervisor
        starts it again.
        """
        if not self._breaker.allows_call():
            raise ServiceUnreachable(f"{self.name} has not answered lately")
        try:
            response = await self._send(method, path, caller, body, query, headers, seconds)
        except (ServiceUnreachable, ResponseTimeout):
            self._breaker.record(succeeded=False)
            raise
        self._breaker.record(succeeded=True)
        return response

    async def is_ready(self, caller: Caller) -> bool:
        """Return whether the service can do its work now."""
        try:
            response = await self.call("GET", "/readyz", caller=caller, seconds=READY_SECONDS)
        except (ServiceUnreachable, ResponseLost):
            return False
        return response.status == 200

    async def stream(self, path: str, *, caller: Caller, query: list[tuple[str, str]]) -> "ServiceStream":
        """Return a response of any length as a stream, which the caller closes.

        At most `SECONDS_BETWEEN_CHUNKS` pass between two chunks. Raise ServiceUnreachable or ResponseLost as `call`.
        """
        if not self._breaker.allows_call():
            raise ServiceUnreachable(f"{self.name} has not answered lately")
        timeouts = aiohttp.ClientTimeout(total=None, connect=2.0, sock_read=SECONDS_BETWEEN_CHUNKS)
        stack = AsyncExitStack()
        try:
            request = self._request("GET", path, caller=caller, query=query, timeouts=timeouts)
            response = await stack.enter_async_context(request)
        except (ServiceUnreachable, ResponseTimeout):
            self._breaker.record(succeeded=False)
            raise
        self._breaker.record(succeeded=True)
        return ServiceStream(response.status, response.headers, response.content.iter_chunked(65_536), stack.aclose)

    async def _send(
        self,
        method: str,
        path: str,
        caller: Caller,
        body: bytes | AsyncIterator[bytes] | None,
        query: list[tuple[str, str]] | None,
        headers: Mapping[str, str] | None,
        seconds: float | None,
    ) -> ServiceResponse:
        timeouts = aiohttp.ClientTimeout(total=self._seconds if seconds is None else seconds, connect=2.0)
        request = self._request(method, path, caller=caller, body=body, query=query, headers=headers, timeouts=timeouts)
        async with request as response:
            return ServiceResponse(response.status, response.headers, await self._read_bounded(response))

    async def _read_bounded(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the body of a response. Raise ResponseTooLarge before more than `RESPONSE_BYTES` are in memory."""
        length = response.content_length
        if length is not None:
            if length > RESPONSE_BYTES:
                raise ResponseTooLarge(self.name)
            return await response.read()
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > RESPONSE_BYTES:
                raise ResponseTooLarge(self.name)
        return bytes(body)

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        *,
        caller: Caller,
        timeouts: aiohttp.ClientTimeout,
        body: bytes | AsyncIterator[bytes] | None = None,
        query: list[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise ServiceUnreachable(f"the connection pool to {self.name} is not open")
        at = now()
        token = self._signer.sign(caller, audience=self.name, method=method, path=path, at=at)
        sent_headers = {"Authorization": f"Bearer {token}", "X-Request-Id": caller.request_id, **(headers or {})}
        if (context := current_request()) is not None:
            sent_headers["traceparent"] = context.traceparent
        try:
            async with self._session.request(
                method,
                self._url + path,
                params=query,
                data=body,
                headers=sent_headers,
                allow_redirects=False,
                timeout=timeouts,
            ) as response:
                self.clock.measure(response.headers.get("Date"), at)
                yield response
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ServiceUnreachable(f"{self.name} cannot be reached: {type(error).__name__}") from error
        except TimeoutError as error:
            raise ResponseTimeout(f"{self.name} did not answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ResponseLost(f"{self.name} did not finish its answer: {type(error).__name__}") from error


def service_unavailable(service: str) -> Unavailable:
    """Return the problem for a caller whose response needs a service that is away."""
    return Unavailable(
        "service-unavailable",
        f"The {service} service is not available now. Repeat the request in a few seconds.",
        retry_after=2,
    )
