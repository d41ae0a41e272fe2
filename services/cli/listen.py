"""`saola listen`: shows a party's events as they come, and forwards them to an address of this machine."""

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
"""Seconds that one request waits at the hub for an event."""
RARE_EVENT_TYPES = (EventType.ENDPOINT_VERIFICATION,)
"""A type with few events: a request for it reaches the end of the feed without reading all events."""
MAX_BACKOFF_SECONDS = 5.0
NO_EVENTS_MESSAGE = (
    "The administrator receives no events: only traders, offices and partners do. Name the credentials of such a party "
    "with --credentials FILE.\n`saola party add NAME --role trader --country FR --save FILE` adds a party and saves "
    "its credentials."
)
EventHandler = Callable[[dict[str, Any]], str]


def listen(
    hub: Hub, position: FeedPosition, types: Sequence[str], handle: EventHandler, report: Callable[[str], None]
) -> None:
    """Report the events after the position until interrupted. `handle` receives each event and returns its result.

    Wait while the hub does not respond. Raise Problem if the hub refuses.
    """
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
    """Return the response to a request, repeated while the hub does not respond. Report the outage and its end once."""
    wait = 0.0
    while True:
        try:
            result = request()
        except (NoResponse, Problem) as error:
            if isinstance(error, Problem) and error.status < 500 and error.status != 429:
                raise
            if not wait:
                report("The hub does not respond. Waiting until it does.")
            wait = min(max(wait * 2, 0.5), MAX_BACKOFF_SECONDS)
            time.sleep(wait)
        else:
            if wait:
                report("The hub responds again.")
            return result


def render_line(event: dict[str, Any]) -> str:
    """Render an event as one line: time, type, subject and its present status."""
    data = event["data"]
    subject = data.get("number") or data.get("reference") or data.get("endpoint_id") or data.get("event_id") or ""
    text = f"{event['timestamp'][:19].replace('T', ' ')}  {event['type']:<29} {subject}"
    return f"{text}  {data['status']}" if "status" in data else text


def listen_until_interrupted(
    hub: Hub, position: FeedPosition, types: Sequence[str], forward: str | None, report: Callable[[str], None]
) -> None:
    """Show events until interrupted. Forward them if a URL is given, and report the signing secret first.

    Raise CommandError.
    """
    if forward is None:
        handle: EventHandler = _ignore_event
    else:
        forwarder = Forwarder(forward, position.secret, report)
        handle = forwarder.forward
        report(f"Forwarding to {forward}, signed with {position.secret}")
    position.store()
    try:
        name = _read_party_name(hub, report)
        if position.cursor is None:  # before the message, so that no event after it is missed
            position.advance(_retry_while_unreachable(lambda: _read_last_cursor(hub), report))
        report(f"Listening at {hub.url} as {name}. Ctrl+C stops it. The next start continues after the last event.")
        listen(hub, position, types, handle, report)
    except KeyboardInterrupt:
        return
    except Problem as problem:
        if problem.code == "role-not-allowed":
            raise CommandError(NO_EVENTS_MESSAGE) from None
        raise CommandError(
            f"{problem}\nThe present cursor is {position.cursor!r}; --after CURSOR sets another."
        ) from None
    finally:
        if forward is not None:
            forwarder.close()


def _read_party_name(hub: Hub, report: Callable[[str], None]) -> str:
    return str(_retry_while_unreachable(hub.me, report)["name"])


def _ignore_event(event: dict[str, Any]) -> str:
    return ""
