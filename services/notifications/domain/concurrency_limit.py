"""The concurrency limit of an endpoint: deliveries in flight at once, more after successes, fewer after failures."""

from shared.limits import Limit, LimitSubject

INITIAL_CONCURRENCY = 8
MAX_CONCURRENCY = Limit(
    32,
    "requests",
    subject=LimitSubject.EVENTS,
    meaning="Deliveries to one endpoint at once",
    beyond="The next deliveries wait.",
)
MIN_CONCURRENCY = 4
"""More than one, so that a delivery that hangs does not delay those about other subjects."""


def next_concurrency(concurrency: int, *, succeeded: bool) -> int:
    """Return the limit after an attempt: one more after a success, half after a failure."""
    return min(concurrency + 1, MAX_CONCURRENCY) if succeeded else max(concurrency // 2, MIN_CONCURRENCY)


def is_reduced(concurrency: int) -> bool:
    """Return whether the limit is below that of an endpoint without attempts."""
    return concurrency < INITIAL_CONCURRENCY
