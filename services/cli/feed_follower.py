"""A partner that cannot be sent to: it pulls the same events, under the same ids, from the feed."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from saola_client import Hub

PAGE = 200


class Pulled:
    """What one party reads from the feed of the hub; asked through the same questions as a Receiver."""

    how = "pulled from the feed, once"

    def __init__(self, hub: Hub, types: Sequence[str]) -> None:
        self.events: list[dict[str, Any]] = []
        self.taken: Counter[str] = Counter()
        self.forged = 0
        self._hub = hub
        self._types = types
        self._after = ""

    def about(self, kind: str, key: str, value: str) -> list[dict[str, Any]]:
        """Answer the events of one type whose data say `value` under `key`, in the order of the feed."""
        return [e for e in self.events if e["type"] == kind and e["data"].get(key) == value]

    def wait_for(self, kind: str, key: str, value: str, *, seconds: float = 30.0) -> dict[str, Any] | None:
        """Read on until such an event came; answers None when it did not come in time."""
        ends = time.monotonic() + seconds
        while True:
            if found := self.about(kind, key, value):
                return found[0]
            left = ends - time.monotonic()
            if left <= 0:
                return None
            self._read(wait=max(1, min(10, int(left))))

    def _read(self, *, wait: int) -> None:
        page = self._hub.events(self._after, self._types, limit=PAGE, wait=wait)
        self._after = page["next_cursor"]
        for event in page["data"]:
            self.taken[event["id"]] += 1
            self.events.append(event)
