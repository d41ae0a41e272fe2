"""The feed of a party, read from notifications, with a wait for the first event if there is none yet."""

import asyncio
from dataclasses import dataclass

from services.gateway.actions import service_calls
from services.gateway.actions.context import GatewayContext
from shared.contracts.parties import Caller, Party
from shared.problems import TooManyRequests
from shared.service_client import ServiceResponse, ServiceUnreachable
from shared.strict_json import parse_json

PATH = "/v1/events"
EMPTY_PAGE_BYTES = 200
"""An empty page is shorter. A longer one has events, and need not be parsed."""
QUEUE_SECONDS = 10.0
"""Seconds that a read waits for its turn. After that, notifications counts as unavailable."""
MIN_READ_INTERVAL = 0.2
"""Seconds between two wake-ups of a request. Many events may arrive that its `types` exclude."""
RETRY_AFTER_SECONDS = 5
Query = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class FeedReply:
    """The response of notifications, and whether the hub honoured the preference to wait."""

    response: ServiceResponse
    waited: bool


async def read(context: GatewayContext, caller: Caller, party: Party, query: Query, *, seconds: int) -> FeedReply:
    """Return a page of a party's feed. Wait up to `seconds` for the first event, if this process has a slot left.

    Raise TooManyRequests if the party has too many waits under way, ServiceUnreachable if notifications is away.
    """
    slots = context.feed_waits
    if not seconds or slots.is_full():
        return FeedReply(response=await _read_page(context, caller, query), waited=False)
    if slots.is_full_for(party.id):
        raise TooManyRequests(
            "too-many-waits",
            f"Your party already has {slots.per_party} requests that wait for events. Wait for their responses, or "
            "send the request without `Prefer: wait`.",
            RETRY_AFTER_SECONDS,
        )
    with slots.taken(party.id):
        return FeedReply(response=await _read_or_wait(context, caller, party, query, seconds=seconds), waited=True)


async def _read_or_wait(
    context: GatewayContext, caller: Caller, party: Party, query: Query, *, seconds: int
) -> ServiceResponse:
    """Return the first page with events, or the last empty one after `seconds`.

    If notifications is away after the first read, the empty page is still true: its cursor continues there. If the
    credential has ended or the party is disabled by then, the wait ends with the empty page.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    earliest_next = 0.0
    watch = context.feed_watch
    with watch.subscribe(party.id) as signal:
        await watch.wait_until_started()
        signal.clear()
        response = await _read_page(context, caller, query, queue_seconds=max(seconds, QUEUE_SECONDS))
        while (cursor := _cursor_of_empty_page(response)) is not None and not watch.closed:
            if not await _is_set_before(deadline, signal):
                break
            if await context.directory.find(party.id, caller.client) is None:
                break
            await asyncio.sleep(min(earliest_next, deadline) - loop.time())
            earliest_next = loop.time() + MIN_READ_INTERVAL
            query = [(name, value) for name, value in query if name != "after"] + [("after", cursor)]
            signal.clear()
            try:
                response = await _read_page(context, caller, query, queue_seconds=deadline - loop.time())
            except ServiceUnreachable:
                break
    return response


async def _read_page(
    context: GatewayContext, caller: Caller, query: Query, *, queue_seconds: float = QUEUE_SECONDS
) -> ServiceResponse:
    """Return a page as it is now. Only some reads are under way at once; the others wait for their turn."""
    reads = context.feed_watch.reads
    try:
        async with asyncio.timeout(queue_seconds):
            await reads.acquire()
    except TimeoutError:
        raise ServiceUnreachable("too many reads of the feed wait for notifications") from None
    try:
        return await service_calls.call(context, "notifications", "GET", PATH, caller=caller, query=query)
    finally:
        reads.release()


def _cursor_of_empty_page(response: ServiceResponse) -> str | None:
    """Return the cursor of a page without events; None for a page with events and for a problem."""
    if response.status != 200 or len(response.body) > EMPTY_PAGE_BYTES:
        return None
    page = parse_json(response.body)
    return None if page["data"] else str(page["next_cursor"])


async def _is_set_before(deadline: float, signal: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout_at(deadline):
            await signal.wait()
    except TimeoutError:
        return False
    return True
