"""Quotas that apply in every year, and quotas of zero of all countries: each year counts on its own."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference import read
from shared.contracts.permit import Permit
from tests.days import today
from tests.permits.actions.declarations.test_recheck_reference_data import quota_events
from tests.permits.actions.permits.test_quota_check import refused_for_quota
from tests.permits.reference_files import load_content
from tests.permits.sample_data import (
    AUTHORITY_FR,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import rows_as_json

STANDING = (
    "start_date,end_date,taxon_name,iso_code2,quota,unit,term\n09/06/1997,Present,Crocodylus niloticus,ZA,12,All,SKI\n"
)
STANDING_AND_PROOF = STANDING + "13/06/1997,Present,Panthera pardus,ZW,500,All,SKI\n"


def last_year() -> date:
    """Return the last day of the year before."""
    return date(today().year - 1, 12, 31)


def permit_issued_on(day: date, quantity: str = "1", **more: Any) -> Permit:
    """Return the content of a permit that was issued on a day."""
    return permit_content(line(quantity=quantity, **more), issued_on=day, valid_until=day + timedelta(days=90))


async def taken_on(db: AsyncEngine, day: date) -> str:
    """Return the quantity that permits take of the quota of South Africa in the year of a day."""
    [one] = await rows_as_json(read.list_quotas(db, "ZA", day))
    return f"{one['taken']} of {one['quota']} from {one['start_date']} to {one['end_date']}"


async def test_standing_quota_binds_each_year_on_its_own(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, STANDING_AND_PROOF, "quotas")
    year = today().year
    for day in (today(), last_year()):
        await issue_permit(permits_db, permit_issued_on(day, "12"))
        error = await refused_for_quota(issue_permit(permits_db, permit_issued_on(day, "1")))
        assert f"is 12 number from {day.year}-01-01 to {day.year}-12-31. 0 number are left" in error.detail
    assert await taken_on(permits_db, today()) == f"12 of 12 from {year}-01-01 to {year}-12-31"
    assert await taken_on(permits_db, last_year()) == f"12 of 12 from {year - 1}-01-01 to {year - 1}-12-31"
    assert await taken_on(permits_db, date(1997, 7, 1)) == "0 of 12 from 1997-06-09 to 1997-12-31"


async def test_quota_over_several_years_that_is_a_total_counts_all_years(permits_db: AsyncEngine) -> None:
    ends = f"{today().year + 1}-12-31"
    rows = f"start_date,end_date,taxon_name,iso_code2,quota,notes\n2020-01-01,{ends},Crocodylus niloticus,ZA,12,"
    await load_content(permits_db, f"{rows}a total of 12\n", "quotas")
    await issue_permit(permits_db, permit_issued_on(last_year(), "10"))
    await refused_for_quota(issue_permit(permits_db, permit_issued_on(today(), "3")))
    await load_content(permits_db, f"{rows}12 per year\n", "quotas")
    await issue_permit(permits_db, permit_issued_on(today(), "3"))
    assert (await taken_on(permits_db, today()))[:8] == "3 of 12 "


async def test_notices_of_a_standing_quota_are_sent_in_each_year(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, STANDING_AND_PROOF, "quotas")
    for day in (last_year(), today(), last_year()):
        await issue_permit(permits_db, permit_issued_on(day, "5"), AUTHORITY_FR)
        await issue_permit(permits_db, permit_issued_on(day, "5"), AUTHORITY_FR)
    assert await quota_events(permits_db) == [
        ("quota.near", 1, "10", 83),
        ("quota.near", 2, "10", 83),
        ("quota.reached", 3, "15", 125),
    ]
    async with permits_db.connect() as conn:
        years = await conn.execute(
            text("SELECT data::json->>'starts' FROM outbox_events WHERE subject LIKE 'quota:%' ORDER BY sequence")
        )
        assert [day[:4] for day in years.scalars()] == [str(today().year - 1), str(today().year), str(today().year - 1)]


async def test_permits_of_another_year_do_not_exceed_the_quota_in_a_check(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, STANDING_AND_PROOF, "quotas")
    await issue_permit(permits_db, permit_issued_on(last_year(), "12"), AUTHORITY_FR)
    contents = [permit_issued_on(today(), "12"), permit_issued_on(today(), "1")]
    found = []
    for content in contents:
        permit_id = await issue_permit(permits_db, content, AUTHORITY_FR)
        quantity = str(content.lines[0].quantity)
        await endorse_permit(permits_db, permit_id, A=quantity)
        found.append(await lodge_declaration(permits_db, declaration(item(content, quantity))))
    rules = [[one["rule"] for one in each["findings"] if one["severity"] == "block"] for each in found]
    assert rules == [[], ["CITES-Conf-14.7-quota"]]
    [passed] = [one for one in found[1]["findings"] if one["rule"] == "CITES-Conf-14.7-quota"]
    assert f"{today().year}-01-01 to {today().year}-12-31" in passed["expected"]
    assert passed["found"] == "13 number with this document"


async def test_load_of_a_standing_quota_counts_issued_permits_of_each_country(permits_db: AsyncEngine) -> None:
    for day in (today(), last_year()):
        await issue_permit(permits_db, permit_issued_on(day, "4"))
    await load_content(permits_db, STANDING_AND_PROOF, "quotas")
    assert [(await taken_on(permits_db, day))[:8] for day in (today(), last_year())] == ["4 of 12 ", "4 of 12 "]
    rows = "start_date,taxon_name,iso_code2,quota\n2017-01-02,Crocodylus niloticus,All,0\n"
    await load_content(permits_db, rows, "quotas")
    assert (await taken_on(permits_db, today()))[:7] == "4 of 0 "


@pytest.mark.parametrize("unit", ["All", "", "kg"])
async def test_quota_of_zero_of_all_countries_binds_in_every_unit(permits_db: AsyncEngine, unit: str) -> None:
    rows = f"start_date,taxon_name,iso_code2,quota,unit,term\n2017-01-02,Crocodylus niloticus,All,0,{unit},BON\n"
    await load_content(permits_db, rows, "quotas")
    for stated in ({"unit": "kg", "quantity": "0.5"}, {"unit": "number", "quantity": "1"}):
        error = await refused_for_quota(issue_permit(permits_db, permit_issued_on(today(), term="BON", **stated)))
        assert error.detail.startswith("The quota of all countries for Crocodylus niloticus is 0 ")
        foreign = permit_issued_on(today(), term="BON", **stated)
        await issue_permit(permits_db, foreign, AUTHORITY_FR)
    await issue_permit(permits_db, permit_issued_on(today(), "1"))
    assert [one[0] for one in await quota_events(permits_db)] == ["quota.reached"]
    async with permits_db.connect() as conn:
        row = await conn.execute(
            text("SELECT data::json->>'country', audience FROM outbox_events WHERE type LIKE 'quota.%'")
        )
        country, audience = row.one()
    assert country == "ZA" and '"ZA"' in str(audience)
