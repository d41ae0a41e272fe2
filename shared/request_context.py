"""The context of the request that this task serves: for its log line, and for the requests that it causes.

Every service creates one context for each request. A dispatcher creates one for each batch that it sends. The trace
follows W3C Trace Context (https://www.w3.org/TR/trace-context/): all hops share the trace id, and each hop has its own
parent id.
"""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

REQUEST_ID_PATTERN = re.compile(rb"[A-Za-z0-9._:-]{8,128}")
TRACEPARENT_PATTERN = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)
"""Version, trace id, parent id and flags; a later version may add more (section 4.3)."""

NOT_SAMPLED = "00"
"""The flags of a trace that the hub begins: it records no spans."""


@dataclass(slots=True)
class RequestContext:
    """One request: its id, its trace, and what is known about it so far."""

    request_id: str
    traceparent: str
    party: UUID | None = None
    user: UUID | None = None
    code: str | None = None
    """The code of the problem that the response contains, or None."""
    public_url: str = ""
    """The address of the hub for its clients, without a slash at its end; "" where the service does not know it."""


_CURRENT: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current_request() -> RequestContext | None:
    """Return the context of the request that this task serves, or None."""
    return _CURRENT.get()


def current_request_id() -> str:
    """Return the id of the request that this task serves, or "" outside of a request."""
    context = _CURRENT.get()
    return "" if context is None else context.request_id


def current_public_url() -> str:
    """Return the public URL of the hub, or "" where the service of this task does not know it."""
    context = _CURRENT.get()
    return "" if context is None else context.public_url


def begin_request(request_id: bytes, traceparent: bytes, *, public_url: str = "") -> RequestContext:
    """Create the context of this task's request. Use the id and the trace of the headers if they are valid."""
    context = _new_context()
    context.public_url = public_url
    if request_id and REQUEST_ID_PATTERN.fullmatch(request_id):
        context.request_id = request_id.decode()
    if traceparent:
        context.traceparent = _continue_trace(traceparent, context.traceparent)
    _CURRENT.set(context)
    return context


@contextmanager
def internal_request() -> Iterator[RequestContext]:
    """Create a context for the block, for requests that no client caused, such as a dispatcher's batch."""
    context = _new_context()
    token = _CURRENT.set(context)
    try:
        yield context
    finally:
        _CURRENT.reset(token)


def record_party(party: UUID) -> None:
    """Record which party sent the request, for the log line."""
    if (context := _CURRENT.get()) is not None:
        context.party = party


def record_code(code: str) -> None:
    """Record the code of the problem that the response contains, for the log line."""
    if (context := _CURRENT.get()) is not None:
        context.code = code


def _new_context() -> RequestContext:
    """Return a context with new ids. They need not be secret, so a generator without a system call is enough."""
    random_hex = f"{random.getrandbits(320):080x}"
    return RequestContext(
        request_id=random_hex[:32], traceparent=f"00-{random_hex[32:64]}-{random_hex[64:]}-{NOT_SAMPLED}"
    )


def _continue_trace(given: bytes, new: str) -> str:
    """Return this hop's traceparent: in the given trace if it is valid, else the new one."""
    found = TRACEPARENT_PATTERN.fullmatch(given)
    if found is None or (found[1] == b"00" and found[4] is not None):
        return new
    parent_id = new[36:52]
    return f"00-{found[2].decode()}-{parent_id}-{found[3].decode()}"
