"""The day it is in a country: a document's dates are days of its issuer, the last of whose zones ends the day.

Zones by country are the facts of the IANA time zone database (zone.tab, carried by the package `tzdata`).
"""

from datetime import UTC, date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def time_zones(country: str) -> tuple[ZoneInfo, ...]:
    """Answer the time zones of a country (ISO 3166-1 alpha-2); UTC alone for one that is not in the table."""
    return _zones_by_country().get(country, (ZoneInfo("UTC"),))


def day_in_last_zone(country: str, at: datetime) -> date:
    """Answer the day it is at `at` in the zone of the country that is last to end its day."""
    return min(at.astimezone(zone).date() for zone in time_zones(country))


def day_in_first_zone(country: str, at: datetime) -> date:
    """Answer the day it is at `at` in the zone of the country that is first to begin its day."""
    return max(at.astimezone(zone).date() for zone in time_zones(country))


def days_in_last_zones(at: datetime) -> dict[str, date]:
    """Answer for every country the day it is at `at` where its day ends last."""
    return _days_in_last_zones(at.replace(second=0, microsecond=0))


@lru_cache(maxsize=4)
def _days_in_last_zones(minute: datetime) -> dict[str, date]:
    """Answer the same for a whole minute: zones lie whole minutes apart."""
    return {country: day_in_last_zone(country, minute) for country in country_codes()}


def utc_day(at: datetime) -> date:
    """Answer the day of `at` in UTC."""
    return at.astimezone(UTC).date()


COUNTRIES_WITHOUT_ZONE = frozenset({"BV", "HM"})
"""Countries of ISO 3166-1 that the table does not list: nobody lives there."""
TRADE_RECORD_CODES = frozenset({"XK", "XV", "XX", "XZ", "ZZ", "AN", "CS", "SU", "YU", "DD", "ZR"})
"""Codes that trade records carry beside those of ISO 3166-1: several, unknown, high seas, and countries of before."""


@cache
def country_codes() -> frozenset[str]:
    """Answer the country codes that may be stated."""
    return frozenset(_zones_by_country()) | COUNTRIES_WITHOUT_ZONE | TRADE_RECORD_CODES


@cache
def _zones_by_country() -> dict[str, tuple[ZoneInfo, ...]]:
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[ZoneInfo]] = {}
    for row in table.splitlines():
        if row and not row.startswith("#"):
            country, _, name, *_ = row.split("\t")
            zones.setdefault(country, []).append(ZoneInfo(name))
    return {country: tuple(found) for country, found in zones.items()}
