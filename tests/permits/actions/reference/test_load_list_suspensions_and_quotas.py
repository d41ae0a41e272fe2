"""The load of faulty lists of suspensions and quotas: certain rows are loaded, others are reported."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference import read
from shared.problems import Invalid
from tests.days import today
from tests.permits.reference_files import load_content, report_counts
from tests.permits.view_json import rows_as_json

LAST = "iso_code2,{}unit,term,source,purpose,Applies_to_import,notes,internal notes"

DIRTY_SUSPENSIONS = f"""\
start_date,end_date,taxon_name,taxon_concept_id,rank,{LAST.format("")}
2020-01-01,,Loxodonta africana,12,SPECIES,ML,,,,,f,All trade, since 2020, until further notice,
01.02.2021,,"Psittacus erithacus",13,SPECIES,cd,,live,W, R,T,t,,
2021-03-04,,All species,,,SO,,,,,f,,
03/04/2021,,Elephas maximus,14,SPECIES,LA,,,,,f,,
2021-03-04,,Elephas maximus,14,SPECIES,Atlantis,,,,,f,,
2021-03-04,2020-03-04,Elephas maximus,14,SPECIES,LA,,,,,f,,
* These recommendations were made by the Standing Committee,,,,,,,,,,,,
2021-03-04,,Elephas maximus,14,SPECIES,Laos,,,W,,f,one,two,three
"""


async def test_faulty_list_of_suspensions_loads_its_certain_rows(permits_db: AsyncEngine) -> None:
    report = await load_content(permits_db, DIRTY_SUSPENSIONS, "suspensions")
    assert {note["line"]: note["code"] for note in report["refusals"]} == {
        5: "day-uncertain", 6: "unknown-country", 7: "ends-before-start", 8: "footnote",
        9: "too-many-columns",
    }  # fmt: skip
    assert {(note["line"], note["code"]) for note in report["repairs"]} >= {
        (2, "unquoted-comma"), (3, "unquoted-comma"), (3, "day-written-otherwise"), (3, "country-written-otherwise"),
    }  # fmt: skip
    [parrot] = await rows_as_json(read.list_suspensions(permits_db, "CD", today()))
    assert (parrot["terms"], parrot["sources"], parrot["purposes"], parrot["start_date"]) == (
        ["LIV"],
        ["R", "W"],
        ["T"],
        "2021-02-01",
    )
    [elephant] = await rows_as_json(read.list_suspensions(permits_db, "ML", today()))
    assert elephant["note"] == "All trade, since 2020, until further notice"
    assert [one["taxon"] for one in await rows_as_json(read.list_suspensions(permits_db, "SO", today()))] == [None]
    assert report_counts(await load_content(permits_db, DIRTY_SUSPENSIONS, "suspensions"))["unchanged"] == 3


async def test_list_with_only_a_header_ends_all_suspensions(permits_db: AsyncEngine) -> None:
    header = DIRTY_SUSPENSIONS.splitlines(keepends=True)[0]
    await load_content(permits_db, header, "suspensions")
    assert report_counts(await load_content(permits_db, header, "suspensions")) == {}
    await load_content(permits_db, DIRTY_SUSPENSIONS, "suspensions")
    assert report_counts(await load_content(permits_db, header, "suspensions")) == {"ended": 3}
    assert await rows_as_json(read.list_suspensions(permits_db, None, today())) == []
    with pytest.raises(Invalid) as refused:
        await load_content(permits_db, header + "soon,,All species,,,SO,,,,,f,,\n", "suspensions")
    assert refused.value.code == "nothing-taken"
    assert [(one.pointer, one.code) for one in refused.value.faults] == [("/2/start_date", "no-day")]


async def test_suspension_without_a_taxon_covers_all_species_and_is_reported(permits_db: AsyncEngine) -> None:
    header = DIRTY_SUSPENSIONS.splitlines()[0].replace("taxon_name", " Taxon name")
    report = await load_content(
        permits_db, header + "\n2020-01-01,,,,,LR,,,,,f,,\n2020-01-01,,All,,,SO,,,,,f,,\n", "suspensions"
    )
    [note] = report["repairs"]
    assert (note["line"], note["code"], note["field"]) == (2, "all-taxa", "Taxon name")
    assert [one["taxon"] for one in await rows_as_json(read.list_suspensions(permits_db, "LR", today()))] == [None]


async def test_suspension_of_a_genus_with_an_author_covers_all_its_species(permits_db: AsyncEngine) -> None:
    header = DIRTY_SUSPENSIONS.splitlines()[0]
    rows = "2020-01-01,,Hoodia Sweet,7,GENUS,NA,,,,,f,,\n2020-01-01,,Hoodia gordonii,8,SPECIES,ZA,,,,,f,,\n"
    report = await load_content(permits_db, f"{header}\n{rows}", "suspensions")
    assert [(note["line"], note["code"]) for note in report["repairs"]] == [(2, "author-left-out")]
    assert [one["taxon"] for one in await rows_as_json(read.list_suspensions(permits_db, None, today()))] == [
        "Hoodia",
        "Hoodia gordonii",
    ]


@pytest.mark.parametrize("end", ["\x0b", "\x85", "\u2028", "\n,,,,\n"])
async def test_file_with_unreadable_rows_after_its_header_ends_nothing(permits_db: AsyncEngine, end: str) -> None:
    await load_content(permits_db, DIRTY_SUSPENSIONS, "suspensions")
    before = await rows_as_json(read.list_suspensions(permits_db, None, today()))
    header = DIRTY_SUSPENSIONS.splitlines()[0]
    with pytest.raises(Invalid) as refused:
        await load_content(
            permits_db, header + end + (",,,,\n" if "," in end else "2020-01-01,,Ursus,,,US,,,,,,,"), "suspensions"
        )
    assert refused.value.code == "nothing-taken"
    assert await rows_as_json(read.list_suspensions(permits_db, None, today())) == before


async def test_rejected_row_keeps_every_suspension_that_the_file_lacks(permits_db: AsyncEngine) -> None:
    stops = "start_date,end_date,taxon_name,iso_code2\n2020-01-01,,Ursus,US\n2020-01-01,,Ursus arctos,US\n"
    await load_content(permits_db, stops, "suspensions")
    unclear = stops.splitlines()[0] + "\n01/02/2020,,Ursus,US\n2020-01-01,,Lynx rufus,US\n"
    report = await load_content(permits_db, unclear, "suspensions")
    assert report_counts(report) == {"taken": 1, "refused": 1, "added": 1}
    assert [(one["name"], one["fact"]) for one in report["kept_facts"]] == [
        ("US Ursus", "entry"), ("US Ursus arctos", "entry"),
    ]  # fmt: skip
    found = await rows_as_json(read.list_suspensions(permits_db, "US", today()))
    assert {one["taxon"] for one in found} == {"Ursus", "Ursus arctos", "Lynx rufus"}
    ended = await load_content(permits_db, unclear.replace("01/02/2020,,Ursus,US\n", ""), "suspensions")
    assert report_counts(ended) == {"taken": 1, "unchanged": 1, "ended": 2}


@pytest.mark.parametrize(
    ("name", "rank"),
    [("All species", ""), ("All", "SPECIES"), ("Hoodia Sweet", "GENUS"), ("Hoodia spp.", "GENUS"), ("Hoodia*", "")],
)
async def test_rejected_row_keeps_its_suspension_under_any_spelling(
    permits_db: AsyncEngine, name: str, rank: str
) -> None:
    header, beside = DIRTY_SUSPENSIONS.splitlines()[0], "2020-01-01,,Naja naja,6,SPECIES,IN,,,,,f,,"
    for day in ("2020-01-01", "03/04/2021"):
        rows = f"{header}\n{beside}\n{day},,{name},7,{rank},NA,,,,,f,,\n"
        found = report_counts(await load_content(permits_db, rows, "suspensions"))
    assert found["refused"] == 1 and "ended" not in found
    assert len(await rows_as_json(read.list_suspensions(permits_db, "NA", today()))) == 1


async def test_species_with_the_rank_of_a_genus_is_rejected(permits_db: AsyncEngine) -> None:
    header, beside = DIRTY_SUSPENSIONS.splitlines()[0], "2020-01-01,,Naja naja,6,SPECIES,IN,,,,,f,,"
    rows = f"{header}\n{beside}\n2020-01-01,,Crocodylus niloticus,7,GENUS,NA,,,,,f,,\n"
    report = await load_content(permits_db, rows, "suspensions")
    assert [(note["line"], note["code"]) for note in report["refusals"]] == [(3, "name-or-rank")]
    assert await rows_as_json(read.list_suspensions(permits_db, "NA", today())) == []


def dirty_quotas(year: int) -> str:
    return f"""\
quota_type,start_date,end_date,taxon_name,taxon_concept_id,rank,{LAST.format("quota,")}
National,{year}-01-01,{year}-12-31,Crocodylus niloticus,1,SPECIES,ZA,1,200,,skins,R,,f,note,
National,{year}-01-01,{year}-12-31,Panthera leo,2,SPECIES,ZA,100-150,,trophies,W,,f,,
National,{year}-01-01,,Panthera pardus,3,SPECIES,NA,250*,,trophies,W,H,f,,
National,{year}-01-01,{year}-12-31,Hippopotamus amphibius,4,SPECIES,TZ,up to 500,kg,teeth,W,,f,,
National,{year}-01-01,{year}-12-31,Python regius,5,SPECIES,TG,,,live,R,,f,,
National,{year}-01-01,{year}-12-31,Python sebae,6,SPECIES,TG,1.500,,live,R,,f,,
"""


async def test_quota_in_an_unknown_unit_is_refused_with_the_known_units(permits_db: AsyncEngine) -> None:
    rows = "start_date,taxon_name,iso_code2,quota,Unit\n2026-01-01,Python regius,TG,5,kk\n"
    with pytest.raises(Invalid) as refused:
        await load_content(permits_db, rows, "quotas")
    [fault] = refused.value.faults
    assert (fault.pointer, fault.code) == ("/2/Unit", "unknown-unit")
    assert fault.detail.startswith("Expected one of: number, kg, g, ")
    assert fault.detail.endswith("Found: 'kk'.")


async def test_faulty_list_of_quotas_loads_its_certain_rows(permits_db: AsyncEngine) -> None:
    report = await load_content(permits_db, dirty_quotas(today().year), "quotas")
    assert {note["line"]: note["code"] for note in report["refusals"]} == {
        3: "amount-is-a-range", 6: "no-amount", 7: "amount-uncertain",
    }  # fmt: skip
    found = {
        one["country"]: (one["taxon"], one["quota"], one["unit"], one["terms"])
        for one in await rows_as_json(read.list_quotas(permits_db, None, today()))
        if one["country"] in {"ZA", "NA", "TZ"}
    }
    assert found == {
        "ZA": ("Crocodylus niloticus", "1200", "number", ["SKI"]),
        "NA": ("Panthera pardus", "250", "number", ["TRO"]),
        "TZ": ("Hippopotamus amphibius", "500", "kg", ["TEE"]),
    }
    again = await load_content(permits_db, dirty_quotas(today().year), "quotas")
    assert report_counts(again)["unchanged"] == 3
    async with permits_db.connect() as conn:
        count = "SELECT count(*) FROM quotas WHERE ended_on IS NULL AND country IN ('ZA', 'NA', 'TZ')"
        assert (await conn.execute(text(count))).scalar_one() == 3


async def test_reference_lists_are_read_as_of_a_day(permits_db: AsyncEngine) -> None:
    begins = today() - timedelta(days=40)

    def quota(amount: int) -> str:
        year = f"{begins},{today() + timedelta(days=60)}"
        return f"start_date,end_date,taxon_name,iso_code2,quota,notes\n{year},Naja naja,IN,{amount},of {amount}\n"

    async def list_amounts(day: date) -> list[tuple[str, str]]:
        return [(one["quota"], one["note"]) for one in await rows_as_json(read.list_quotas(permits_db, "IN", day))]

    days = [today() + timedelta(days=n) for n in (10, 20, 30)]
    for day, amount in zip(days, (100, 80, 60), strict=True):
        await load_content(permits_db, quota(amount), "quotas", day)
    for day, amount in (
        (begins, 100),
        (days[0], 100),
        (days[1] - timedelta(days=1), 100),
        (days[1], 80),
        (days[2], 60),
    ):
        assert await list_amounts(day) == [(str(amount), f"of {amount}")], day
    await load_content(permits_db, quota(60).replace("Naja naja", "Naja nivea"), "quotas", days[2])
    assert [one["taxon"] for one in await rows_as_json(read.list_quotas(permits_db, "IN", days[1]))] == [
        "Naja naja",
        "Naja nivea",
    ]
    assert [one["taxon"] for one in await rows_as_json(read.list_quotas(permits_db, "IN", days[2]))] == ["Naja nivea"]
    stop = "start_date,end_date,taxon_name,iso_code2\n2020-01-01,,Naja naja,IN\n"
    await load_content(permits_db, stop, "suspensions", days[0])
    await load_content(permits_db, stop.replace("IN", "LK"), "suspensions", days[1])
    for day, there in ((days[0] - timedelta(days=1), 0), (days[0], 1), (days[1], 0)):
        assert len(await rows_as_json(read.list_suspensions(permits_db, "IN", day))) == there, day


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\ufffe", "\x1b"])
async def test_row_with_invisible_character_is_rejected(permits_db: AsyncEngine, character: str) -> None:
    content = (
        f"start_date,taxon_name,iso_code2\n2020-01-01,Loxodonta{character} africana,ML\n2020-01-01,Python regius,ML\n"
    )
    report = await load_content(permits_db, content, "suspensions")
    assert {note["line"]: note["code"] for note in report["refusals"]} == {2: "forbidden-character"}


async def test_row_is_loaded_in_nfc(permits_db: AsyncEngine) -> None:
    content = "start_date,taxon_name,iso_code2,notes\n2020-01-01,Loxodonta africana,ML,Co\u0302te\n"
    report = await load_content(permits_db, content, "suspensions")
    assert report["repairs"] == []
    [suspension] = await rows_as_json(read.list_suspensions(permits_db, "ML", today()))
    assert suspension["note"] == "Côte"
