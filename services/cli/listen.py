"""`saola listen`: shows a party's events as they come, and hands them on to an address of this machine."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from saola_client import Hub
from saola_client.errors import NoAnswer, Problem
from services.cli.console import Trouble
from services.cli.feed_position import Bookmark
from services.cli.forwarding import Forwarder

PAGE = 50
WAIT = 20
"""Seconds that one question waits at the hub for an event."""
SELDOM = ("endpoint.verification",)
"""A type of which there are few: by asking for it one comes to the end of the feed without reading all of it."""
LONGEST = 5.0
OTHERS = (
    "The administrator has no events of its own: these are a trader's, an office's, a partner's. Name such a party's "
    "credentials with --credentials FILE;\n`saola party add NAME --role trader --country FR --save FILE` makes a party "
    "and keeps them in a new file."
)
Handle = Callable[[dict[str, Any]], str]


def listen(hub: Hub, bookmark: Bookmark, types: Sequence[str], handle: Handle, tell: Callable[[str], None]) -> None:
    """Show events after the bookmark for ever, each handed to `handle`, which answers what became of it.

    A hub that goes away is waited for; raises Problem when it says no.
    """
    if bookmark.cursor is None:
        bookmark.move(_asked(lambda: _end(hub), tell))
    while True:
        after = bookmark.cursor or ""
        page = _asked(lambda after=after: hub.events(after, types, limit=PAGE, wait=WAIT), tell)  # type: ignore[misc]
        for event in page["data"]:
            tell(f"{line(event)}  {handle(event)}".rstrip())
        bookmark.move(page["next_cursor"])


def _end(hub: Hub) -> str:
    after = ""
    while True:
        page = hub.events(after, SELDOM, limit=200)
        after = str(page["next_cursor"])
        if len(page["data"]) < 200:
            return after


def _asked(ask: Callable[[], Any], tell: Callable[[str], None]) -> Any:
    """Ask until there is an answer; tell once that there is none, and once that it is back."""
    wait = 0.0
    while True:
        try:
            answer = ask()
        except (NoAnswer, Problem) as error:
            if isinstance(error, Problem) and error.status < 500 and error.status != 429:
                raise
            if not wait:
                tell("The hub does not answer; waiting until it does.")
            wait = min(max(wait * 2, 0.5), LONGEST)
            time.sleep(wait)
        else:
            if wait:
                tell("The hub is back.")
            return answer


def line(event: dict[str, Any]) -> str:
    """Write an event as one line: when, what, about which thing, where that stands now."""
    data = event["data"]
    about = data.get("number") or data.get("reference") or data.get("endpoint_id") or data.get("event_id") or ""
    told = f"{event['timestamp'][:19].replace('T', ' ')}  {event['type']:<29} {about}"
    return f"{told}  {data['status']}" if "status" in data else told


def run(hub: Hub, bookmark: Bookmark, types: Sequence[str], forward: str | None, tell: Callable[[str], None]) -> None:
    """Listen until interrupted, forwarding where an address is given; the secret that signs is told first."""
    if forward is None:
        handle: Handle = _only_shown
    else:
        forwarder = Forwarder(forward, bookmark.secret, tell)
        handle = forwarder.forward
        tell(f"Forwarding to {forward}, signed with {bookmark.secret}")
    bookmark.keep()
    try:
        tell(f"Listening at {hub.url} as {_name(hub, tell)}. Ctrl+C ends it; the next time it goes on from there.")
        listen(hub, bookmark, types, handle, tell)
    except KeyboardInterrupt:
        return
    except Problem as problem:
        if problem.code == "role-not-allowed":
            raise Trouble(OTHERS) from None
        raise Trouble(f"{problem}\nBy now the cursor is {bookmark.cursor!r}; --after sets another.") from None
    finally:
        if forward is not None:
            forwarder.close()


def _name(hub: Hub, tell: Callable[[str], None]) -> str:
    return str(_asked(hub.me, tell)["name"])


def _only_shown(event: dict[str, Any]) -> str:
    return ""
