"""Our side of the receivers' HTTP: one signed POST a letter, limited in time and size, to public addresses only."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.notifications.domain import allowed_addresses, event_payloads, signature
from services.notifications.domain.allowed_addresses import Reach
from services.notifications.domain.cloud_events import cloud_event
from services.notifications.domain.delivery_request import Letter
from services.notifications.domain.delivery_result import Outcome, objection

CONNECT_SECONDS = 5.0
SECONDS = 15.0
ANSWER_LIMIT = 4096
KEEP_ALIVE = 4.0
"""Seconds an idle connection is kept: shorter than the usual servers do, so that they seldom close on our POST."""
RESOLVERS = 64
"""Threads for name look-ups, so that names which do not resolve keep nobody else's waiting."""


LookUp = Callable[..., Sequence[tuple[Any, Any, int, str, Any]]]
"""Answers a name's addresses as socket.getaddrinfo does, which it is unless another is given."""
Signers = Callable[[], tuple[Ed25519PrivateKey, ...]]


def nobody() -> tuple[Ed25519PrivateKey, ...]:
    """Answer no keys: letters are signed with their endpoints' secrets alone."""
    return ()


class NotPublic(OSError):
    """The address is one that webhooks are not sent to."""


class Resolver(AbstractResolver):
    """Resolves a name once and refuses it when any of its addresses is not one to send to."""

    def __init__(self, reach: Reach, *, plain: bool = False, look_up: LookUp | None = None) -> None:
        self._reach, self._plain, self._look_up = reach, plain, look_up
        self._threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Answer the addresses of a host, all of which are allowed; raises NotPublic, OSError."""
        loop = asyncio.get_running_loop()
        look_up = self._look_up or socket.getaddrinfo
        infos = await loop.run_in_executor(
            self._threads, lambda: look_up(host, port, type=socket.SOCK_STREAM, family=family)
        )
        found: list[ResolveResult] = []
        for kind, _, proto, _, address in infos:
            check(str(address[0]), self._reach, plain=self._plain)
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
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def check(address: str, reach: Reach, *, plain: bool) -> None:
    """Raise NotPublic for an address that webhooks are not sent to; by plain http only to what the operator named."""
    kind = allowed_addresses.refusal(address, reach)
    if kind is not None:
        raise NotPublic(f"{address} is no public address ({kind})")
    if plain and not reach.holds(address):
        raise NotPublic(f"{address} is sent to by https only")


class Receivers:
    """All receivers of webhooks, behind one connection pool for https and one for what may be plain."""

    def __init__(
        self, reach: Reach, signers: Signers = nobody, *, seconds: float = SECONDS, look_up: LookUp | None = None
    ) -> None:
        self._reach, self._signers, self._look_up = reach, signers, look_up
        self._seconds = seconds
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def open(self) -> None:
        """Open the pools, inside the running loop. How many connections there are is for the sender to bound."""
        self._sessions = {"https": self._session(plain=False), "http": self._session(plain=True)}

    async def close(self) -> None:
        """Close the pools."""
        for session in self._sessions.values():
            await session.close()

    def _session(self, *, plain: bool) -> aiohttp.ClientSession:
        def make(info: tuple[Any, Any, int, str, Any]) -> socket.socket:
            """Make the socket of a connection, the last moment at which its very address can be refused."""
            family, kind, proto, _, address = info
            check(str(address[0]), self._reach, plain=plain)
            made = socket.socket(family, kind, proto)
            made.setblocking(False)
            return made

        resolver = Resolver(self._reach, plain=plain, look_up=self._look_up)
        return aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._seconds, connect=CONNECT_SECONDS),
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEEP_ALIVE, resolver=resolver, socket_factory=make
            ),
            headers={"Content-Type": "application/json", "User-Agent": "Saola", "Accept-Encoding": "identity"},
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def post(self, letter: Letter) -> Outcome:
        """Send a letter and answer what became of it; never raises for what a receiver or the net does."""
        begun = time.perf_counter()
        if letter.flaw is not None:
            return Outcome(None, letter.flaw, 0)
        try:
            status, answer, after = await self._send(letter)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return Outcome(None, _why(error, self._seconds), _milliseconds(begun))
        reason = objection(status) or _unproven(letter, answer)
        said = _text(answer) if reason else None
        return Outcome(status, reason, _milliseconds(begun), said, after if reason else None)

    async def _send(self, letter: Letter) -> tuple[int, bytes, timedelta | None]:
        session = self._sessions[letter.url.partition(":")[0].lower()]
        id, timestamp = str(letter.event_id), int(time.time())
        attributes, body = cloud_event(letter) if letter.format == "cloudevents" else ({}, letter.body)
        signed = signature.header(letter.secrets, self._signers(), id=id, timestamp=timestamp, body=body)
        headers = {
            **dict(letter.headers),
            **attributes,
            "webhook-id": id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signed,
        }
        async with session.post(letter.url, data=body, headers=headers, allow_redirects=False) as got:
            answer = await _beginning(got)
            return got.status, answer, _retry_after(got.headers.get("Retry-After"))


def _unproven(letter: Letter, answer: bytes) -> str | None:
    """Answer why a challenge was not met; None for every other letter."""
    if letter.kind != event_payloads.VERIFICATION or event_payloads.answers_challenge(letter.body, answer):
        return None
    return 'did not answer {"challenge": …} with the challenge it was sent'


async def _beginning(got: aiohttp.ClientResponse) -> bytes:
    """Read at most 4 kB of an answer; the rest of a longer one is not read, for aiohttp then ends the connection."""
    parts: list[bytes] = []
    left = ANSWER_LIMIT
    while left > 0 and (part := await got.content.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _retry_after(value: str | None) -> timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds or a date; what is neither is ignored."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return timedelta(seconds=min(int(value.strip()[:12]), 10**9))
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)


def _why(error: BaseException, seconds: float) -> str:
    """Say in words why there was no whole answer."""
    cause = getattr(error, "os_error", None) or error
    for found in (*_chain(error), cause):
        if isinstance(found, NotPublic):
            return str(found)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"no connection within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, TimeoutError):
        return f"no whole answer within {seconds:.0f} s"
    return _text(f"{_KINDS.get(type(error), 'the connection failed')}: {cause}"[:500].encode("utf-8", "replace"))


def _text(said: bytes) -> str:
    """Write what a receiver said as text that can be kept, whatever it was."""
    return said.decode("utf-8", "replace").replace("\x00", "")


def _chain(error: BaseException | None) -> Sequence[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 8:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


_KINDS: dict[type[BaseException], str] = {
    aiohttp.ClientConnectorDNSError: "the name does not resolve",
    aiohttp.ClientConnectorCertificateError: "the certificate is not valid",
    aiohttp.ClientConnectorSSLError: "TLS failed",
    aiohttp.ServerDisconnectedError: "closed without an answer",
    aiohttp.ClientPayloadError: "the answer was cut off",
}


def _milliseconds(begun: float) -> int:
    return round((time.perf_counter() - begun) * 1000)
