"""`saola listen`: shows a party's events as they come, and hands them on to an address of this machine."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from saola_client import Hub
from saola_client.errors import NoResponse, Problem
from services.cli.console import CommandError
from services.cli.feed_position import FeedPosition
from services.cli.forwarding import Forwarder
from shared.cites.events import EventType

PAGE_SIZE = 50
WAIT_SECONDS = 20
"""Seconds that one question waits at the hub for an event."""
RARE_EVENT_TYPES = (EventType.ENDPOINT_VERIFICATION,)
"""A type of which there are few: by asking for it one comes to the end of the feed without reading all of it."""
MAX_BACKOFF_SECONDS = 5.0
NO_EVENTS_MESSAGE = (
    "The administrator has no events of its own: these are a trader's, an office's, a partner's. Name such a party's "
    "credentials with --credentials FILE;\n`saola party add NAME --role trader --country FR --save FILE` makes a party "
    "and keeps them in a new file."
)
EventHandler = Callable[[dict[str, Any]], str]


def listen(
    hub: Hub, position: FeedPosition, types: Sequence[str], handle: EventHandler, report: Callable[[str], None]
) -> None:
    """Show events after the bookmark for ever, each handed to `handle`, which answers what became of it.

    A hub that goes away is waited for; raises Problem when it says no.
    """
    if position.cursor is None:
        position.advance(_retry_while_unreachable(lambda: _read_last_cursor(hub), report))
    while True:
        after = position.cursor or ""
        page = _retry_while_unreachable(
            lambda after=after: hub.list_events(after, types, limit=PAGE_SIZE, wait=WAIT_SECONDS),  # type: ignore[misc]
            report,
        )
        for event in page["data"]:
            report(f"{render_line(event)}  {handle(event)}".rstrip())
        position.advance(page["next_cursor"])


def _read_last_cursor(hub: Hub) -> str:
    after = ""
    while True:
        page = hub.list_events(after, RARE_EVENT_TYPES, limit=200)
        after = str(page["next_cursor"])
        if len(page["data"]) < 200:
            return after


def _retry_while_unreachable(request: Callable[[], Any], report: Callable[[str], None]) -> Any:
    """Ask until there is an answer; tell once that there is none, and once that it is back."""
    wait = 0.0
    while True:
        try:
            result = request()
        except (NoResponse, Problem) as error:
            if isinstance(error, Problem) and error.status < 500 and error.status != 429:
                raise
            if not wait:
                report("The hub does not answer; waiting until it does.")
            wait = min(max(wait * 2, 0.5), MAX_BACKOFF_SECONDS)
            time.sleep(wait)
        else:
            if wait:
                report("The hub is back.")
            return result


def render_line(event: dict[str, Any]) -> str:
    """Write an event as one line: when, what, about which thing, where that stands now."""
    data = event["data"]
    subject = data.get("number") or data.get("reference") or data.get("endpoint_id") or data.get("event_id") or ""
    text = f"{event['timestamp'][:19].replace('T', ' ')}  {event['type']:<29} {subject}"
    return f"{text}  {data['status']}" if "status" in data else text


def listen_until_interrupted(
    hub: Hub, position: FeedPosition, types: Sequence[str], forward: str | None, report: Callable[[str], None]
) -> None:
    """Listen until interrupted, forwarding where an address is given; the secret that signs is told first."""
    if forward is None:
        handle: EventHandler = _ignore_event
    else:
        forwarder = Forwarder(forward, position.secret, report)
        handle = forwarder.forward
        report(f"Forwarding to {forward}, signed with {position.secret}")
    position.store()
    try:
        report(
            f"Listening at {hub.url} as {_read_party_name(hub, report)}. "
            "Ctrl+C ends it; the next time it goes on from there."
        )
        listen(hub, position, types, handle, report)
    except KeyboardInterrupt:
        return
    except Problem as problem:
        if problem.code == "role-not-allowed":
            raise CommandError(NO_EVENTS_MESSAGE) from None
        raise CommandError(f"{problem}\nBy now the cursor is {position.cursor!r}; --after sets another.") from None
    finally:
        if forward is not None:
            forwarder.close()


def _read_party_name(hub: Hub, report: Callable[[str], None]) -> str:
    return str(_retry_while_unreachable(hub.me, report)["name"])


def _ignore_event(event: dict[str, Any]) -> str:
    return ""
