"""Days in a country with several time zones: the first zone begins a day, the last zone ends it."""

from datetime import UTC, date, datetime

import pytest

from shared.cites.time_zones import day_in_first_zone, day_in_last_zone, time_zones


@pytest.mark.parametrize(("country", "moment", "last", "first"), [
    ("KI", "2026-03-01T10:00:00", "2026-03-01", "2026-03-02"),  # +14, +13 and +12
    ("KI", "2026-03-01T12:00:00", "2026-03-02", "2026-03-02"),
    ("KI", "2026-03-01T09:59:59", "2026-03-01", "2026-03-01"),
    ("AS", "2026-03-01T10:59:59", "2026-02-28", "2026-02-28"),  # -11
    ("AS", "2026-03-01T11:00:00", "2026-03-01", "2026-03-01"),
    ("UM", "2026-03-01T10:59:59", "2026-02-28", "2026-03-01"),  # +12 and -11
    ("US", "2026-03-01T05:00:00", "2026-02-28", "2026-03-01"),  # -5 to -10 in winter
    ("US", "2026-03-01T10:00:00", "2026-03-01", "2026-03-01"),
    ("FR", "2026-07-01T22:00:00", "2026-07-02", "2026-07-02"),  # summer time
    ("FR", "2026-01-01T22:59:59", "2026-01-01", "2026-01-01"),
])  # fmt: skip
def test_day_in_country_of_several_zones_begins_in_first_and_ends_in_last(
    country: str, moment: str, last: str, first: str
) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert (day_in_last_zone(country, at), day_in_first_zone(country, at)) == (
        date.fromisoformat(last),
        date.fromisoformat(first),
    )


def test_time_zones_of_country_without_its_own_zone_are_utc() -> None:
    assert [str(zone) for zone in time_zones("BV")] == ["UTC"]
