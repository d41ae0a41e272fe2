"""How many letters an endpoint's own limit lets go now: evenly spaced, with a tenth of a second's worth at once."""

from datetime import datetime, timedelta


def allowance(rate: int, next_send_at: datetime | None, at: datetime) -> int:
    """Answer how many letters may go at `at` when the next was free at `next_send_at`; `rate` is letters a second."""
    max_burst = burst(rate)
    free_since = _free_since(rate, next_send_at, at)
    return max(0, min(max_burst, int((at - free_since) * rate / timedelta(seconds=1) + 0.001)))


def next_send_time(rate: int, next_send_at: datetime | None, at: datetime, sent: int) -> datetime:
    """Answer when the next letter is free after so many went at `at`."""
    return _free_since(rate, next_send_at, at) + sent * timedelta(seconds=1) / rate


def burst(rate: int) -> int:
    """Answer how many may go at once: what is due in a tenth of a second, one at least."""
    return max(1, rate // 10)


def _free_since(rate: int, next_send_at: datetime | None, at: datetime) -> datetime:
    """Answer since when letters have been free; a clock that was set back does not hold the endpoint up."""
    earliest = at - burst(rate) * timedelta(seconds=1) / rate
    if next_send_at is None or next_send_at > at + timedelta(seconds=2):
        return earliest
    return max(next_send_at, earliest)
