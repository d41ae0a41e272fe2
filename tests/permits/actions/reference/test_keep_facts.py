"""A load of taxa keeps the facts that its file lacks or is too old for, and reports each of them."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference import read
from services.permits.actions.reference.load_list import LoadMode
from services.permits.domain.reference.kept_facts import FileAuthority
from tests.days import today
from tests.permits.reference_files import appendices, index_csv, load_order, load_ordered, report_counts, taxon_row
from tests.permits.view_json import rows_as_json

FILE_DAY = date(2017, 4, 21)
OLD_INDEX = index_csv([
    taxon_row(1, "Mellivora capensis", "III", FullAnnotationEnglish=""),
    taxon_row(2, "Crocodylus porosus", "I/II", FullAnnotationEnglish="See the Appendices"),
    taxon_row(3, "Mobula birostris", "II", RankName="SPECIES"),
    taxon_row(4, "Vicugna vicugna", "II", FullAnnotationEnglish=""),
    taxon_row(5, "Panthera tigris", "NC"),
    taxon_row(6, "Inventus primus", "II"),
])  # fmt: skip
UNKNOWN, STATED, CONFIRMED = FileAuthority.UNKNOWN_DAY, FileAuthority.STATED_DAY, FileAuthority.CONFIRMED


async def _listed(db: AsyncEngine, name: str, country: str | None = None) -> list[dict[str, Any]]:
    return await rows_as_json(read.list_taxa(db, name, today(), country, limit=9))


def _kept(report: dict[str, Any]) -> set[tuple[str, str, int | None]]:
    return {(one["name"], one["fact"], one["line"]) for one in report["kept_facts"] if one["line"]}


@pytest.mark.parametrize(("authority", "day"), [(UNKNOWN, None), (STATED, FILE_DAY)])
async def test_older_index_takes_no_fact_back_and_adds_what_is_missing(
    permits_db: AsyncEngine, authority: FileAuthority, day: date | None
) -> None:
    report = await load_ordered(permits_db, OLD_INDEX, load_order(day, authority))
    assert _kept(report) >= {
        ("Mellivora capensis", "listed_by", 2), ("Crocodylus porosus", "populations", 3),
        ("Mobula birostris", "appendix", 4), ("Vicugna vicugna", "appendix", 5), ("Panthera tigris", "appendix", 6),
    }  # fmt: skip
    assert report["kept"] == len(report["kept_facts"]) and report["eased"] == 0
    [badger] = await _listed(permits_db, "Mellivora capensis")
    assert (badger["listed_by"], badger["list_source"]) == ("BW", "loaded")
    assert badger["list_holds_from"] == str(day or today()) and badger["list_loaded_at"] == report["loaded_at"]
    assert (badger["kept_facts"][0], badger["kept_since"]) == ("listed_by", "2023-02-23")
    [leopard] = await _listed(permits_db, "Panthera pardus")
    assert (leopard["list_source"], leopard["list_holds_from"]) == ("built_in", leopard["holds_from"])
    assert [await appendices(permits_db, "Crocodylus porosus", country=code) for code in ("AU", "TH")] == [
        ["II"],
        ["I"],
    ]
    assert await appendices(permits_db, "Mobula birostris") == ["I"]
    assert await appendices(permits_db, "Vicugna vicugna", country="EC") == ["II"]
    assert await appendices(permits_db, "Vicugna vicugna", country="CO") == ["I"]
    assert await appendices(permits_db, "Lama vicugna", country="CO") == ["I"]
    assert await appendices(permits_db, "Panthera tigris") == ["I"]
    assert await appendices(permits_db, "Panthera leo", country="IN") == ["I"]
    assert await appendices(permits_db, "Inventus primus") == ["II"]
    again = await load_ordered(permits_db, OLD_INDEX, load_order(day, authority))
    assert report_counts(again) == {"taken": 6, "unchanged": 6}
    assert _kept(again) >= {("Panthera tigris", "appendix", 6)}


async def test_older_index_takes_facts_back_if_its_sender_confirms_it(permits_db: AsyncEngine) -> None:
    report = await load_ordered(permits_db, OLD_INDEX, load_order(FILE_DAY, CONFIRMED))
    assert await appendices(permits_db, "Panthera tigris") == [None]
    assert await appendices(permits_db, "Vicugna vicugna", country="CO") == ["II"]
    eased = {(one["name"], one["line"]) for one in report["eased_listings"]}
    assert eased == {("Vicugna vicugna", 5), ("Panthera tigris", 6)} and report["eased"] == 2
    [badger] = await _listed(permits_db, "Mellivora capensis")
    assert badger["listed_by"] == "BW"


async def test_later_index_takes_a_taxon_from_the_appendices_and_reports_it(permits_db: AsyncEngine) -> None:
    content = index_csv([taxon_row(5, "Panthera tigris", "NC"), taxon_row(6, "Inventus primus", "II")])
    report = await load_ordered(permits_db, content, load_order(today(), STATED))
    assert await appendices(permits_db, "Panthera tigris") == [None]
    [note] = report["eased_listings"]
    assert (note["name"], note["line"]) == ("Panthera tigris", 2) and "Appendix I" in note["detail"]


async def test_taxon_that_the_file_does_not_have_stays_and_is_reported(permits_db: AsyncEngine) -> None:
    both = index_csv([taxon_row(1, "Inventus primus", "I"), taxon_row(2, "Inventus secundus", "II")])
    await load_ordered(permits_db, both, load_order())
    report = await load_ordered(permits_db, index_csv([taxon_row(2, "Inventus secundus", "II")]), load_order())
    assert report_counts(report) == {"taken": 1, "unchanged": 1}
    assert ("Inventus primus", "entry") in {(one["name"], one["fact"]) for one in report["kept_facts"]}
    assert await appendices(permits_db, "Inventus primus") == ["I"]


async def test_taxon_under_another_id_or_name_is_replaced_and_keeps_its_facts(permits_db: AsyncEngine) -> None:
    named = taxon_row(1, "Inventus primus", "III", FullAnnotationEnglish="Listed by Ghana")
    await load_ordered(permits_db, index_csv([named, taxon_row(2, "Inventus vetus", "I")]), load_order())
    report = await load_ordered(permits_db, index_csv([
        taxon_row(91, "Inventus primus", "III"),
        taxon_row(92, "Inventus novus", "I", SynonymsWithAuthors="Inventus vetus (A, 1800)"),
    ]), load_order())  # fmt: skip
    assert _kept(report) == {("Inventus primus", "listed_by", 2), ("Inventus primus", "annotation", 2)}
    [first] = await _listed(permits_db, "Inventus primus")
    assert (first["taxon_id"], first["listed_by"]) == ("91", "GH")
    [second] = await _listed(permits_db, "Inventus vetus")
    assert (second["taxon"], second["matched_by"], second["appendix"]) == ("Inventus novus", "synonym", "I")


async def test_load_that_only_reports_changes_nothing(permits_db: AsyncEngine) -> None:
    order = load_order(FILE_DAY, CONFIRMED, mode=LoadMode.REPORT)
    report = await load_ordered(permits_db, OLD_INDEX, order)
    assert (report["dry_run"], report["added"], report["eased"]) == (True, 6, 2)
    assert await appendices(permits_db, "Panthera tigris") == ["I"]
    assert await appendices(permits_db, "Inventus primus") == []
    async with permits_db.connect() as conn:
        count = "SELECT count(*) FROM reference_loads WHERE list = 'taxa' AND NOT built_in"
        assert (await conn.execute(text(count))).scalar_one() == 0
