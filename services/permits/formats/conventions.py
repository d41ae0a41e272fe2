"""Conventions of a file of suspensions or quotas: what its columns prove about values with two readings."""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.permits.formats.csv_reader import RawRow
from shared.contracts.closed_sets import CodesReading

_NUMERIC_DAY = re.compile(r"\W*(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?!\d)")
_CELL_LENGTH = 60
"""Characters of a cell in which a day is searched: a longer cell is a text."""


class DayOrder(StrEnum):
    """The order of day and month in days such as 03/04/2021."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """How a file writes its days, by column, and how it means its codes."""

    day_orders: Mapping[str, DayOrder] = field(default_factory=dict)
    codes: CodesReading = CodesReading.COVERED


NO_CONVENTIONS = Conventions()


def read_numeric_day(text: str) -> dict[DayOrder, date]:
    """Return the possible days of a text such as 03/04/2021, by the order of day and month."""
    match = _NUMERIC_DAY.match(text[:_CELL_LENGTH])
    if match is None:
        return {}
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    days = {}
    for order, month, day in ((DayOrder.DAY_FIRST, second, first), (DayOrder.MONTH_FIRST, first, second)):
        with suppress(ValueError):
            days[order] = date(year, month, day)
    return days


class DayOrderSearch:
    """The orders of day and month that the columns of a file prove. A column that proves both has none."""

    def __init__(self, columns: Collection[str]) -> None:
        self._proven: dict[str, set[DayOrder]] = {column: set() for column in columns}

    def add(self, rows: Iterable[RawRow], header: list[str]) -> None:
        """Read the days of a batch of rows. A day with only one possible order proves it."""
        places = [(header.index(column), proven) for column, proven in self._proven.items() if column in header]
        for row in rows:
            for place, proven in places:
                if place < len(row.values) and len(days := read_numeric_day(row.values[place])) == 1:
                    proven.update(days)

    def orders(self) -> dict[str, DayOrder]:
        """Return the order of each column that proves exactly one."""
        return {column: next(iter(proven)) for column, proven in self._proven.items() if len(proven) == 1}
