"""The rate limit of an endpoint: deliveries are evenly spaced, with a burst of at most a tenth of a second."""

from datetime import datetime, timedelta


def allowance(rate: int, next_send_at: datetime | None, at: datetime) -> int:
    """Return how many deliveries the hub may send at `at`.

    `next_send_at` is the time from which the next delivery is allowed. `rate` is per second.
    """
    max_burst = burst(rate)
    free_since = _free_since(rate, next_send_at, at)
    return max(0, min(max_burst, int((at - free_since) * rate / timedelta(seconds=1) + 0.001)))


def next_send_time(rate: int, next_send_at: datetime | None, at: datetime, sent: int) -> datetime:
    """Return when the next delivery is allowed after `sent` deliveries at `at`."""
    return _free_since(rate, next_send_at, at) + sent * timedelta(seconds=1) / rate


def burst(rate: int) -> int:
    """Return how many deliveries the hub may send at once: those of a tenth of a second, at least one."""
    return max(1, rate // 10)


def _free_since(rate: int, next_send_at: datetime | None, at: datetime) -> datetime:
    """Return the time from which unused deliveries count: at most one burst before `at`.

    If the clock was set back, `next_send_at` is too far ahead. It then does not delay the endpoint.
    """
    earliest = at - burst(rate) * timedelta(seconds=1) / rate
    if next_send_at is None or next_send_at > at + timedelta(seconds=2):
        return earliest
    return max(next_send_at, earliest)
