"""The day that a test means: the day of the clock when the test asks, or one fixed day for what has no clock."""

from datetime import UTC, date, datetime, timedelta

FIXED_DAY = date(2026, 6, 15)
"""The day of tests that give the day to the code, so that no clock is asked."""
FIXED_NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
LONGEST_TEST_SECONDS = 40.0
"""The longest test that compares days takes no longer."""


def today() -> date:
    """Return the day in UTC now. A constant would be yesterday when a run passes midnight."""
    return datetime.now(UTC).date()


def pause_before_midnight(at: datetime) -> float:
    """Return the seconds that a test waits before it begins: none, or to the next day when that comes soon."""
    midnight = datetime.combine(at.date() + timedelta(days=1), datetime.min.time(), UTC)
    left = (midnight - at).total_seconds()
    return left + 0.1 if left < LONGEST_TEST_SECONDS else 0.0
