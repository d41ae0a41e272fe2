"""The retry schedule: when the hub repeats a failed delivery, and when it gives the delivery up."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.notifications.domain.delivery_result import DeliveryResult
from shared.cites.events import EventType
from shared.limits import Limit, LimitSubject

SCHEDULE = tuple(
    timedelta(seconds=seconds) for seconds in (1, 5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""1 s, 5 s, 1 min, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""
MAX_CHALLENGE_ATTEMPTS = Limit(
    5,
    "attempts",
    subject=LimitSubject.EVENTS,
    meaning="Attempts at one challenge of an endpoint",
    beyond="The hub gives it up, and the owner may request a new one.",
)
MAX_RETRY_AFTER = timedelta(days=30)
"""The longest Retry-After that the hub honours: as long as the feed keeps an event."""


def schedule_for(event_type: str, schedule: Sequence[timedelta]) -> Sequence[timedelta]:
    """Return the waits of a delivery. Nobody agreed to receive a challenge, so the hub repeats it a few times only."""
    return schedule[: MAX_CHALLENGE_ATTEMPTS - 1] if event_type == EventType.ENDPOINT_VERIFICATION else schedule


def next_attempt_time(
    attempts: int,
    result: DeliveryResult,
    at: datetime,
    random_fraction: float,
    *,
    schedule: Sequence[timedelta] = SCHEDULE,
) -> datetime | None:
    """Return the time of the next attempt after `attempts` attempts (1 or more); None after the last.

    Each wait is up to a fifth shorter or longer, by `random_fraction` (0 to 1), so that deliveries that failed together
    are not repeated together. A Retry-After of the receiver (RFC 9110, 10.2.3) is honoured if it is longer.
    """
    if attempts > len(schedule):
        return None
    wait = schedule[attempts - 1] * (0.8 + 0.4 * random_fraction)
    return at + max(wait, min(result.retry_after or timedelta(0), MAX_RETRY_AFTER))
