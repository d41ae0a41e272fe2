"""How many letters an endpoint's own limit lets go now: evenly spaced, with a tenth of a second's worth at once."""

from datetime import datetime, timedelta


def allowance(rate: int, free_at: datetime | None, at: datetime) -> int:
    """Answer how many letters may go at `at` when the next was free at `free_at`; `rate` is letters a second."""
    most = burst(rate)
    free = _free(rate, free_at, at)
    return max(0, min(most, int((at - free) * rate / timedelta(seconds=1) + 0.001)))


def next_free(rate: int, free_at: datetime | None, at: datetime, letters: int) -> datetime:
    """Answer when the next letter is free after so many went at `at`."""
    return _free(rate, free_at, at) + letters * timedelta(seconds=1) / rate


def burst(rate: int) -> int:
    """Answer how many may go at once: what is due in a tenth of a second, one at least."""
    return max(1, rate // 10)


def _free(rate: int, free_at: datetime | None, at: datetime) -> datetime:
    """Answer since when letters have been free; a clock that was set back does not hold the endpoint up."""
    earliest = at - burst(rate) * timedelta(seconds=1) / rate
    if free_at is None or free_at > at + timedelta(seconds=2):
        return earliest
    return max(free_at, earliest)
