"""The load of suspensions and quotas in the form of the public files."""

from datetime import date

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference import read
from shared.contracts.closed_sets import CodesReading
from tests.days import FIXED_DAY, today
from tests.permits.reference_files import load_content, report_counts
from tests.permits.view_json import rows_as_json

SUSPENSION_COLUMNS = (
    "start_date,end_date,taxon_name,taxon_concept_id,rank,iso_code2,unit,term,source,purpose,Applies_to_import,notes,"
    "internal notes"
)
NOT_COMMERCIAL = "Z; G; Q; S; H; P; M; E; N; B; L"
PUBLIC_SUSPENSIONS = f"""\
{SUSPENSION_COLUMNS},Checked correct/ added/ edited,Notes
19/09/2005,,ALL,ALL,ALL,AF,ALL,ALL,ALL,{NOT_COMMERCIAL},,"Exports for commercial purposes.",Country-level,checked,
02/02/2012 00:00,,Balaena mysticetus,7903,SPECIES,ALL,ALL,ALL,ALL,{NOT_COMMERCIAL},,Whales,Cetacea-level,,later
12/08/2014,,Calumma,,GENUS,MG,ALL,ALL,A; C; D,ALL,,Wild chameleons,,,
16/01/2006,Present,Puma concolor,6330,SPECIES,AR,ALL,TRO,ALL,ALL,,All except trophies,,,
08/06/2022,,Pterocarpus erinaceus,67733,SPECIES,CM,ALL,ALL,ALL,{NOT_COMMERCIAL},yes,All commercial trade,,,
30/07/2004,04/07/2019,ALL,ALL,ALL,SO,ALL,ALL,ALL,{NOT_COMMERCIAL},,Ended,,,
11/02/2016,21/03/2016,ALL,ALL,ALL,LA,ALL,ALL,ALL,{NOT_COMMERCIAL},,Ended too,,,
"""


async def test_public_file_of_suspensions_loads_every_row_as_exemptions(permits_db: AsyncEngine) -> None:
    report = await load_content(permits_db, PUBLIC_SUSPENSIONS, "suspensions")
    assert (report["refusals"], report["taken"], report["purposes_and_sources"]) == ([], 7, "exempt")
    found = {one["note"]: one for one in await rows_as_json(read.list_suspensions(permits_db, None, today()))}
    assert {note: (one["country"], one["start_date"]) for note, one in found.items()} == {
        "Exports for commercial purposes.": ("AF", "2005-09-19"),
        "Whales": (None, "2012-02-02"),
        "Wild chameleons": ("MG", "2014-08-12"),
        "All except trophies": ("AR", "2006-01-16"),
        "All commercial trade": ("CM", "2022-06-08"),
    }
    assert {one["codes_reading"] for one in found.values()} == {"exempt"}
    assert (found["All except trophies"]["terms"], found["Wild chameleons"]["sources"]) == (["TRO"], ["A", "C", "D"])
    assert "T" not in found["Whales"]["purposes"] and len(found["Whales"]["purposes"]) == 11
    assert report_counts(await load_content(permits_db, PUBLIC_SUSPENSIONS, "suspensions"))["unchanged"] == 7


async def test_suspensions_of_a_country_include_those_of_all_countries(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, PUBLIC_SUSPENSIONS, "suspensions")
    found = await rows_as_json(read.list_suspensions(permits_db, "MG", today()))
    assert [one["country"] for one in found] == [None, "MG"]


@pytest.mark.parametrize(("columns", "asked", "reading"), [
    (SUSPENSION_COLUMNS, None, "exempt"),
    (SUSPENSION_COLUMNS, CodesReading.COVERED, "covered"),
    (SUSPENSION_COLUMNS.replace("internal notes", "remarks"), None, "covered"),
    (SUSPENSION_COLUMNS.replace("internal notes", "remarks"), CodesReading.EXEMPT, "exempt"),
])  # fmt: skip
async def test_codes_are_read_as_asked_or_by_the_columns(
    permits_db: AsyncEngine, columns: str, asked: CodesReading | None, reading: str
) -> None:
    content = f"{columns}\n2020-01-01,,Ursus,,GENUS,US,,,W,,,one,\n2020-01-01,,Lynx,,GENUS,US,ALL,ALL,ALL,ALL,,all,\n"
    report = await load_content(permits_db, content, "suspensions", codes_reading=asked)
    assert report["purposes_and_sources"] == reading
    found = await rows_as_json(read.list_suspensions(permits_db, "US", today()))
    assert {one["taxon"]: one["codes_reading"] for one in found} == {"Ursus": reading, "Lynx": "covered"}


async def test_suspension_read_in_the_other_way_is_replaced(permits_db: AsyncEngine) -> None:
    content = f"{SUSPENSION_COLUMNS}\n2020-01-01,,Ursus,,GENUS,US,,,W,,,,\n"
    await load_content(permits_db, content, "suspensions")
    report = await load_content(permits_db, content, "suspensions", codes_reading=CodesReading.COVERED)
    assert report_counts(report) == {"taken": 1, "added": 1, "ended": 1}
    [one] = await rows_as_json(read.list_suspensions(permits_db, "US", today()))
    assert one["codes_reading"] == "covered"


@pytest.mark.parametrize("proof", ["", "26/11/2015,,Lynx,US\n11/26/2015,,Ursus,CA\n"])
async def test_days_without_a_common_order_are_refused_row_by_row(permits_db: AsyncEngine, proof: str) -> None:
    content = f"start_date,end_date,taxon_name,iso_code2\n12/08/2014,,Ursus,US\n05/05/2015,,Puma,US\n{proof}"
    report = await load_content(permits_db, content, "suspensions")
    assert [(one["line"], one["code"]) for one in report["refusals"]] == [(2, "day-uncertain")]
    assert report["taken"] == (3 if proof else 1)


async def test_order_of_days_is_proven_by_a_row_far_below(permits_db: AsyncEngine) -> None:
    rows = "".join(f"0{n % 9 + 1}/02/2015,,Ursus,US,note {n}\n" for n in range(9))
    filler = "".join(f"2015-05-05,,Ursus {'a' * (n + 3)},US,\n" for n in range(150))
    content = f"start_date,end_date,taxon_name,iso_code2,notes\n{rows}{filler * 2}02/26/2015,,Lynx,US,\n"
    report = await load_content(permits_db, content, "suspensions")
    assert report["refused"] == 0
    found = {
        one["note"]: one["start_date"] for one in await rows_as_json(read.list_suspensions(permits_db, "US", today()))
    }
    assert (found["note 0"], found["note 8"]) == ("2015-01-02", "2015-09-02")


async def test_word_for_all_countries_is_not_an_empty_country(permits_db: AsyncEngine) -> None:
    content = "start_date,taxon_name,iso_code2\n2020-01-01,Ursus,\n2020-01-01,Lynx,All countries\n"
    report = await load_content(permits_db, content, "suspensions")
    assert [(one["line"], one["code"]) for one in report["refusals"]] == [(2, "unknown-country")]


async def test_second_column_of_a_name_does_not_replace_the_first(permits_db: AsyncEngine) -> None:
    content = "start_date,taxon_name,iso_code2,notes,Notes\n2020-01-01,Ursus,US,first,second\n"
    await load_content(permits_db, content, "suspensions")
    [one] = await rows_as_json(read.list_suspensions(permits_db, "US", today()))
    assert one["note"] == "first"


QUOTA_COLUMNS = (
    "quota_type,start_date,end_date,taxon_name,taxon_concept_id,rank,iso_code2,quota,unit,term,source,purpose,"
    "applies_to_import,notes,internal notes"
)
PUBLIC_QUOTAS = f"""\
{QUOTA_COLUMNS}
CoP_approved,09/06/1997,Present,Capra falconeri,3780,SPECIES,PK,12,All,TRO,All,H; P,,hunting trophies,
CoP_approved,13/06/1997,Present,Panthera pardus,8619,SPECIES,ZW,500,All,SKI; TRO,All,H; P,,Conf. 10.14,
CoP_approved, 01/07/1975,Present,Acinonyx jubatus,8935,SPECIES,BW,5,All,LIV; TRO,All,All,,live and trophies,
Listing_annotations,02/01/2017,Present,Panthera leo,6353,SPECIES,All,0,All,BON; SKE,W,T,,"zero, annual",
Listing_annotations, 23/06/2010, 01/01/2017,Crocodylus moreletii,7747,SPECIES,MX,0,All,All,W,T,,Removed,
"""


async def test_public_file_of_quotas_loads_every_row_as_quotas_of_each_year(permits_db: AsyncEngine) -> None:
    report = await load_content(permits_db, PUBLIC_QUOTAS, "quotas")
    assert (report["refusals"], report["taken"], report["purposes_and_sources"]) == ([], 5, None)
    found = {one["taxon"]: one for one in await rows_as_json(read.list_quotas(permits_db, None, FIXED_DAY))}
    year = FIXED_DAY.year
    assert {
        taxon: (one["country"], one["quota"], one["unit"], one["period"], one["start_date"], one["end_date"])
        for taxon, one in found.items()
    } == {
        "Capra falconeri": ("PK", "12", "number", "every_year", f"{year}-01-01", f"{year}-12-31"),
        "Panthera pardus": ("ZW", "500", "number", "every_year", f"{year}-01-01", f"{year}-12-31"),
        "Acinonyx jubatus": ("BW", "5", "number", "every_year", f"{year}-01-01", f"{year}-12-31"),
        "Panthera leo": (None, "0", "number", "every_year", f"{year}-01-01", f"{year}-12-31"),
    }
    assert (found["Capra falconeri"]["terms"], found["Capra falconeri"]["purposes"]) == (["TRO"], ["H", "P"])
    assert report_counts(await load_content(permits_db, PUBLIC_QUOTAS, "quotas"))["unchanged"] == 5


async def test_quota_of_its_first_year_begins_on_its_first_day(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, PUBLIC_QUOTAS, "quotas")
    day = date(1997, 12, 1)
    found = await rows_as_json(read.list_quotas(permits_db, "PK", day))
    spans = {(one["country"], one["start_date"], one["end_date"]) for one in found}
    assert spans == {("PK", "1997-06-09", "1997-12-31")}
    assert await rows_as_json(read.list_quotas(permits_db, "PK", date(1997, 6, 8))) == []


@pytest.mark.parametrize(("ends", "remarks", "period"), [
    ("", "", "every_year"),
    ("ongoing", "", "every_year"),
    ("2026-12-31", "", "once"),
    ("2027-02-28", "season from March", "once"),
    ("2027-03-01", "", "every_year"),
    ("2028-12-31", "", "every_year"),
    ("2028-12-31", "a total of 300 skins", "once"),
    ("2028-12-31", "300 for the whole period", "once"),
    ("2028-12-31", "total annual quota", "every_year"),
    ("2028-12-31", "in total 300 per year", "every_year"),
    ("2028-12-31", "Non-annual quota", "once"),
    ("", "a total of 300 skins", "every_year"),
])  # fmt: skip
async def test_quota_over_several_years_is_annual_unless_it_is_a_total(
    permits_db: AsyncEngine, ends: str, remarks: str, period: str
) -> None:
    content = f"start_date,end_date,taxon_name,iso_code2,quota,notes\n2026-03-01,{ends},Naja naja,IN,300,{remarks}\n"
    assert (await load_content(permits_db, content, "quotas"))["repairs"] == []
    [one] = await rows_as_json(read.list_quotas(permits_db, "IN", date(2026, 5, 1)))
    assert one["period"] == period


async def test_quota_of_all_countries_is_zero_or_refused(permits_db: AsyncEngine) -> None:
    rows = "2026-01-01,Naja naja,ALL,5\n2026-01-01,Naja nivea,All,0\n2026-01-01,Naja annulata,CM,kg\n"
    report = await load_content(permits_db, f"start_date,taxon_name,iso_code2,quota\n{rows}", "quotas")
    assert [(one["line"], one["code"]) for one in report["refusals"]] == [
        (2, "amount-of-all-countries"),
        (4, "no-amount"),
    ]
    assert report["taken"] == 1
