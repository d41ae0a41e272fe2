"""The difference between the clock of this process and the clocks of its database and of other services.

A service refuses a token that another clock issued more than 30 s in its future. So two clocks that differ by more stop
the work between the services, although each of them responds.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.limits import MAX_CLOCK_SKEW_SECONDS
from shared.database import now

MEASURE_SECONDS = 1.0
"""Seconds between two measurements by the responses of a service: a header `Date` has whole seconds anyway."""


async def read_database_skew(conn: AsyncConnection) -> float:
    """Return by how many seconds this clock is ahead of that of the database. It is below zero if it is behind."""
    began = now()
    there: datetime = (await conn.execute(select(func.clock_timestamp()))).scalar_one()
    return skew_seconds(began, now(), there)


def skew_seconds(began: datetime, ended: datetime, there: datetime) -> float:
    """Return by how many seconds this clock is ahead of another one, which was read between `began` and `ended`.

    It is 0 if the other time lies between the two: a slow response is no difference of clocks.
    """
    if there < began:
        return (began - there).total_seconds()
    return min((ended - there).total_seconds(), 0.0)


def find_clock_fault(other: str, skew: float) -> str | None:
    """Return what is wrong if this clock and that of `other` differ too much, and what to do; else None."""
    if abs(skew) <= MAX_CLOCK_SKEW_SECONDS:
        return None
    direction = "ahead of" if skew > 0 else "behind"
    return (
        f"The clock of this machine is {abs(skew):.0f} s {direction} that of {other}. Set both clocks by the same time "
        f"server. The hub works with a difference of at most {MAX_CLOCK_SKEW_SECONDS} s."
    )


@dataclass
class ResponseClock:
    """The skew to another service, measured by the header `Date` of its responses."""

    skew: float = 0.0
    _measured_at: float = field(default=float("-inf"))

    def measure(self, date: str | None, began: datetime) -> None:
        """Measure by the `Date` of a response to a request that began at this time, at most once per second."""
        if date is None or time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        try:
            there = parsedate_to_datetime(date)
        except ValueError:
            return
        self._measured_at = time.monotonic()
        began, ended = began.replace(microsecond=0), now()  # `Date` has whole seconds
        self.skew = skew_seconds(began, ended, there) if there.tzinfo is not None else self.skew
