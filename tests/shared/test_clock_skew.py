"""Clocks that differ: the service measures the difference, and is not ready if it is too large."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from shared.clock_skew import ResponseClock, find_clock_fault, skew_seconds
from shared.database import now


@pytest.mark.parametrize(("ahead", "expected"), [(-40, 40.0), (0, 0.0), (3, 0.0), (50, -45.0)])
def test_skew_does_not_count_the_time_of_the_response(ahead: int, expected: float) -> None:
    began = now()
    assert skew_seconds(began, began + timedelta(seconds=5), began + timedelta(seconds=ahead)) == expected


def test_clock_fault_names_both_clocks_and_the_direction() -> None:
    assert find_clock_fault("the permits service", 30.0) is None
    assert find_clock_fault("the permits service", -30.0) is None
    ahead, behind = find_clock_fault("the permits service", 3_600.4), find_clock_fault("the permits service", -31.0)
    assert "The clock of this machine is 3600 s ahead of that of the permits service." in str(ahead)
    assert "The clock of this machine is 31 s behind that of the permits service." in str(behind)


def test_response_clock_measures_by_the_date_of_a_response() -> None:
    clock, began = ResponseClock(), now()
    clock.measure(format_datetime(began + timedelta(hours=1)), began)
    assert clock.skew == pytest.approx(-3_600, abs=2)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 30 Nov 2026 09:00:00", "Mon, 99 Nov 2026 09:00:00 GMT"])
def test_response_clock_ignores_a_date_that_it_cannot_read(date: str | None) -> None:
    clock = ResponseClock()
    clock.measure(date, now())
    assert clock.skew == 0.0


def test_response_clock_of_equal_clocks_shows_no_skew() -> None:
    clock, began = ResponseClock(), now()
    clock.measure(format_datetime(began.replace(microsecond=0)), began)
    assert clock.skew == 0.0
