"""A subscriber without an endpoint: it reads the same events, under the same ids, from the feed."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from saola_client import Hub

PAGE = 200


class FeedFollower:
    """The events that one party reads from the feed, with the same methods as WebhookReceiver."""

    description = "from the feed, once"

    def __init__(self, hub: Hub, types: Sequence[str]) -> None:
        self.events: list[dict[str, Any]] = []
        self.received_counts: Counter[str] = Counter()
        self.forged_count = 0
        self._hub = hub
        self._types = types
        self._cursor = ""

    def list_events(self, event_type: str, field: str, value: str) -> list[dict[str, Any]]:
        """Return the events of one type whose data have `value` in `field`, in the order of the feed."""
        return [e for e in self.events if e["type"] == event_type and e["data"].get(field) == value]

    def wait_for_event(
        self, event_type: str, field: str, value: str, *, seconds: float = 30.0
    ) -> dict[str, Any] | None:
        """Read the feed until such an event comes, and return it; None if it does not come in time."""
        deadline = time.monotonic() + seconds
        while True:
            if found := self.list_events(event_type, field, value):
                return found[0]
            seconds_left = deadline - time.monotonic()
            if seconds_left <= 0:
                return None
            self._read_page(wait=max(1, min(10, int(seconds_left))))

    def _read_page(self, *, wait: int) -> None:
        page = self._hub.list_events(self._cursor, self._types, limit=PAGE, wait=wait)
        self._cursor = page["next_cursor"]
        for event in page["data"]:
            self.received_counts[event["id"]] += 1
            self.events.append(event)
