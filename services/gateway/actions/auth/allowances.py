"""Allowances: what each key may still spend, in this process. The memory is bounded, whatever keys are sent."""

from shared.limits import Limit, LimitSubject

MAX_KEYS = Limit(
    20_000,
    "addresses",
    subject=LimitSubject.MEMORY,
    meaning="Addresses and clients whose requests a gateway process remembers, for each limit",
    beyond="The gateway forgets the one that sent nothing for the longest time.",
)


class Allowances:
    """A budget for each key: `burst` at once, refilled by `per_second`.

    One number per key is enough (the generic cell rate algorithm): the time at which its budget is full again.
    """

    def __init__(self, *, per_second: float, burst: float, max_keys: int = MAX_KEYS) -> None:
        self._seconds_each = 1 / per_second
        self._burst_seconds = burst / per_second
        self._max_keys = max_keys
        self._full_at: dict[str, float] = {}

    def seconds_until(self, key: str, *, at: float) -> float:
        """Return the seconds until a key may spend one; 0 if it may now."""
        full_at = max(self._full_at.get(key, at), at)
        return max(0.0, full_at + self._seconds_each - self._burst_seconds - at)

    def spend(self, key: str, *, at: float) -> float:
        """Return 0 and lower a key's budget by one, or return the seconds until it has one."""
        wait = self.seconds_until(key, at=at)
        if not wait:
            full_at = max(self._full_at.pop(key, at), at)
            if len(self._full_at) >= self._max_keys:
                del self._full_at[next(iter(self._full_at))]
            self._full_at[key] = full_at + self._seconds_each
        return wait
