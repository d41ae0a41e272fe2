"""The order of day and month that the columns of a file prove."""

import pytest

from services.permits.domain.reference.load_report import RowRepairs
from services.permits.formats.conventions import DayOrder, DayOrderSearch
from services.permits.formats.csv_reader import RawRow

HEADER = ["taxon_name", "start_date", "end_date"]


@pytest.mark.parametrize(("days", "order"), [
    (["12/08/2014", "26/11/2015"], DayOrder.DAY_FIRST),
    (["12/08/2014", "11/26/2015"], DayOrder.MONTH_FIRST),
    (["02/02/2012 00:00", ' "16-01-2006"'], DayOrder.DAY_FIRST),
    (["12/08/2014", "09/04/2015"], None),
    (["26/11/2015", "11/26/2015"], None),
    (["2015-11-26", "26.11.2015", "26 November 2015", ""], None),
    (["31/02/2015", "45/46/2015", "26/11/20155", "no. 26/11/2015"], None),
])  # fmt: skip
def test_column_proves_the_order_of_its_days(days: list[str], order: DayOrder | None) -> None:
    search = DayOrderSearch(["start_date", "end_date"])
    for line, day in enumerate(days):
        search.add([RawRow(line, ["Ursus", day, "01/02/2020"], RowRepairs(line))], HEADER)
    assert search.orders() == ({} if order is None else {"start_date": order})


def test_day_of_one_column_decides_nothing_about_another() -> None:
    search = DayOrderSearch(["start_date", "end_date"])
    values = ["Ursus", "26/11/2015", "12/31/2020"]
    search.add([RawRow(2, values, RowRepairs(2)), RawRow(3, values[:1], RowRepairs(3))], HEADER)
    assert search.orders() == {"start_date": DayOrder.DAY_FIRST, "end_date": DayOrder.MONTH_FIRST}
