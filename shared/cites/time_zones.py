"""The current day in a country. A permit's dates are days of its issuer; a day ends when it ends in the last zone.

The zones of each country come from the IANA time zone database (zone.tab in the package `tzdata`).
"""

from datetime import UTC, date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from shared.cites.customs_countries import CUSTOMS_COUNTRIES


@cache
def time_zones(country: str) -> tuple[ZoneInfo, ...]:
    """Return the time zones of a country (ISO 3166-1 alpha-2); UTC alone for one that is not in the table."""
    return _zones_by_country().get(country, (ZoneInfo("UTC"),))


def day_in_last_zone(country: str, at: datetime) -> date:
    """Return the day at `at` in the zone of the country in which the day ends last."""
    return min(at.astimezone(zone).date() for zone in time_zones(country))


def day_in_first_zone(country: str, at: datetime) -> date:
    """Return the day at `at` in the zone of the country in which the day begins first."""
    return max(at.astimezone(zone).date() for zone in time_zones(country))


def days_in_last_zones(at: datetime) -> dict[str, date]:
    """Return for every country the day at `at` in the zone in which its day ends last."""
    return _days_in_last_zones(at.replace(second=0, microsecond=0))


@lru_cache(maxsize=4)
def _days_in_last_zones(minute: datetime) -> dict[str, date]:
    """Return the days at a whole minute. Zones differ by whole minutes, so one result serves all of it."""
    return {country: day_in_last_zone(country, minute) for country in country_codes()}


def utc_day(at: datetime) -> date:
    """Return the day of `at` in UTC."""
    return at.astimezone(UTC).date()


COUNTRIES_WITHOUT_ZONE = frozenset({"BV", "HM"})
"""Uninhabited countries of ISO 3166-1 that the table does not list."""
TRADE_RECORD_CODES = frozenset({"XK", "XV", "XX", "XZ", "ZZ", "AN", "CS", "SU", "YU", "DD", "ZR"})
"""Codes of trade records that ISO 3166-1 does not list: several, unknown, high seas, and former countries."""


@cache
def country_codes() -> frozenset[str]:
    """Return the country codes that a declaration or a permit may state."""
    return frozenset(_zones_by_country()) | COUNTRIES_WITHOUT_ZONE | TRADE_RECORD_CODES


@cache
def declared_country_codes() -> frozenset[str]:
    """Return the country codes that a declaration may state: also those that customs write in place of a country."""
    return country_codes() | CUSTOMS_COUNTRIES.keys()


@cache
def iso_country_codes() -> frozenset[str]:
    """Return the countries of ISO 3166-1 alpha-2, of which a party can be."""
    return country_codes() - TRADE_RECORD_CODES


@cache
def _zones_by_country() -> dict[str, tuple[ZoneInfo, ...]]:
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[ZoneInfo]] = {}
    for row in table.splitlines():
        if row and not row.startswith("#"):
            country, _, name, *_ = row.split("\t")
            zones.setdefault(country, []).append(ZoneInfo(name))
    return {country: tuple(found) for country, found in zones.items()}
