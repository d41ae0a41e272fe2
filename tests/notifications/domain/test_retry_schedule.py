"""The retry schedule of deliveries."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.delivery_result import DeliveryResult
from services.notifications.domain.retry_schedule import MAX_RETRY_AFTER, SCHEDULE, next_attempt_time

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAILED = DeliveryResult(status=500, reason="answered 500", duration_ms=12)


def test_retry_schedule_has_the_documented_waits() -> None:
    hours = [0.5, 2, 5, 10, 14, 20, 24]
    assert [wait.total_seconds() for wait in SCHEDULE] == [1, 5, 60, 300, *(hour * 3600 for hour in hours)]


@given(attempts=st.integers(1, len(SCHEDULE)), chance=st.floats(0, 1))
def test_retry_wait_differs_by_at_most_a_fifth(attempts: int, chance: float) -> None:
    due = next_attempt_time(attempts, FAILED, AT, chance)
    assert due is not None
    assert 0.8 <= (due - AT) / SCHEDULE[attempts - 1] <= 1.2


def test_delivery_after_the_last_wait_is_given_up() -> None:
    assert next_attempt_time(len(SCHEDULE), FAILED, AT, 0.5) == AT + SCHEDULE[-1]
    assert next_attempt_time(len(SCHEDULE) + 1, FAILED, AT, 0.5) is None


def test_retry_wait_is_the_longer_of_schedule_and_retry_after() -> None:
    def asked(seconds: float) -> DeliveryResult:
        return DeliveryResult(status=503, reason="answered 503", duration_ms=12, retry_after=timedelta(seconds=seconds))

    assert next_attempt_time(3, asked(90), AT, 0.5) == AT + timedelta(seconds=90)
    assert next_attempt_time(3, asked(5), AT, 0.5) == AT + timedelta(seconds=60)
    assert next_attempt_time(1, asked(-5), AT, 0.5) == AT + timedelta(seconds=1)
    assert next_attempt_time(1, asked(10**9), AT, 0.5) == AT + MAX_RETRY_AFTER


def test_retry_schedule_can_be_set() -> None:
    schedule = [timedelta(seconds=2)]
    assert next_attempt_time(1, FAILED, AT, 0.5, schedule=schedule) == AT + timedelta(seconds=2)
    assert next_attempt_time(2, FAILED, AT, 0.5, schedule=schedule) is None
