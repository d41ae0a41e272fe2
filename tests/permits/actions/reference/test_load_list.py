"""The load of a listing of species: versions, differences, repairs and rejected rows."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.problems import Invalid
from tests.days import today
from tests.permits.reference_files import appendices, index_csv, load_content, report_counts, taxon_row


async def test_load_of_the_same_file_changes_nothing_and_of_another_only_the_differences(
    permits_db: AsyncEngine,
) -> None:
    rows = [taxon_row(n, f"Inventus sp{chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(60)]
    first = await load_content(permits_db, index_csv(rows))
    assert report_counts(first) == {"taken": 60, "added": 60}
    again = await load_content(permits_db, index_csv(rows))
    assert report_counts(again) == {"taken": 60, "unchanged": 60}
    assert again["version"] == first["version"]
    other = [{**rows[0], "CurrentListing": "I"}, *rows[2:], taxon_row(900, "Inventus novus")]
    third = await load_content(permits_db, index_csv(other), day=today() + timedelta(days=10))
    assert report_counts(third) == {"taken": 60, "unchanged": 58, "added": 1, "changed": 1}
    assert (third["version"], third["ended_names"]) == (first["version"] + 1, [])
    before, after = today() + timedelta(days=9), today() + timedelta(days=10)
    assert await appendices(permits_db, rows[0]["FullName"], before) == ["II"]
    assert await appendices(permits_db, rows[0]["FullName"], after) == ["I"]
    assert await appendices(permits_db, rows[1]["FullName"], after) == ["II"]
    assert await appendices(permits_db, "Inventus novus", before) == []
    assert await appendices(permits_db, rows[1]["FullName"], today() - timedelta(days=1)) == []


@pytest.mark.timeout(400)
async def test_load_of_40_000_taxa_repeated_and_changed_writes_only_differences(permits_db: AsyncEngine) -> None:
    def name(n: int) -> str:
        return f"Genus{letters[n // 676 % 26]}{letters[n // 26 % 26]} species{letters[n % 26]}{letters[n // 17576]}"

    letters = "abcdefghijklmnopqrstuvwxyz"
    synonyms = "Aliena prima (Author, 1800), Aliena secunda Author & Other, 1850"
    rows = [
        taxon_row(n, name(n), SynonymsWithAuthors=synonyms.replace("Aliena", f"Aliena{letters[n % 26]}"))
        for n in range(40_000)
    ]
    content = index_csv(rows)
    assert report_counts(await load_content(permits_db, content, size=65_536)) == {"taken": 40_000, "added": 40_000}
    assert report_counts(await load_content(permits_db, content, size=65_536)) == {"taken": 40_000, "unchanged": 40_000}
    rows[7]["CurrentListing"] = "I"
    changed = await load_content(permits_db, index_csv(rows[:39_990]), size=65_536)
    assert report_counts(changed) == {"taken": 39_990, "unchanged": 39_989, "changed": 1}
    assert await appendices(permits_db, name(7)) == ["I"]


async def test_load_of_faulty_rows_repairs_certain_ones_and_rejects_others_by_line(permits_db: AsyncEngine) -> None:
    good = taxon_row(1, "Inventus primus")
    rows = [
        good,
        taxon_row(2, '  Inventus   "secundus" ', " ii "),
        taxon_row(3, "Inventus tertius", "IV"),
        taxon_row(4, "Inventus quartus", ""),
        taxon_row(5, "", "II", Genus="Inventus", Species="quintus"),
        {**good, "CurrentListing": "I"},
        good,
        taxon_row(0, "Inventus sextus", TaxonId=""),
        taxon_row(8, "Inventus octavus", FullAnnotationEnglish="First line\nsecond, line"),
    ]
    quote = '9,Animalia,,,,Inventidae,Inventus,nonus,,Inventus nonus,"Someone, 1901,SPECIES,II' + "," * 20
    commas = "10,Animalia,,,,Inventidae,Inventus,decimus,,Inventus decimus,Someone, 1901,SPECIES,II" + "," * 20
    short = "11,Animalia,Inventus"
    ansi = "12,Animalia,,,,Inventidae,Inventus,bis,,Inventus bis,Linn\u00e9,SPECIES,II" + "," * 20
    content = ("\ufeff" + index_csv(rows, quote, commas, short)).encode() + ansi.encode("latin-1") + b"\r\n"
    report = await load_content(permits_db, content, size=37)
    refused = {note["line"]: note["code"] for note in report["refusals"]}
    assert refused == {
        4: "unknown-appendix", 5: "listing-missing", 7: "row-twice", 9: "id-missing", 14: "too-few-columns",
    }  # fmt: skip
    repaired = {(note["line"], note["code"]) for note in report["repairs"]}
    assert repaired >= {
        (3, "stray-blanks"), (3, "listing-written-otherwise"), (6, "name-put-together"), (8, "row-repeated"),
        (12, "stray-quote"), (13, "unquoted-comma"), (15, "encoding"),
    }  # fmt: skip
    assert (report["rows"], report["taken"], report["refused"]) == (13, 8, 5)
    for name in ("primus", "secundus", "quintus", "octavus", "nonus", "decimus", "bis"):
        assert await appendices(permits_db, f"Inventus {name}") == ["II"], name


async def test_row_that_becomes_invalid_does_not_end_its_taxon(permits_db: AsyncEngine) -> None:
    rows = [taxon_row(1, "Inventus primus"), taxon_row(2, "Inventus secundus")]
    await load_content(permits_db, index_csv(rows))
    report = await load_content(permits_db, index_csv([rows[0], {**rows[1], "CurrentListing": "?"}]))
    assert report_counts(report) == {"taken": 1, "refused": 1, "unchanged": 1}
    assert await appendices(permits_db, "Inventus secundus") == ["II"]


@pytest.mark.parametrize(("content", "code"), [
    ("", "columns-missing"), ("TaxonId,FullName\n1,Inventus\n", "columns-missing"),
    ("TaxonId,FullName,CurrentListing\n", "nothing-taken"), ("TaxonId,FullName,CurrentListing\n1,,\n", "nothing-taken"),
])  # fmt: skip
async def test_file_without_a_valid_row_is_refused_and_changes_nothing(
    permits_db: AsyncEngine, content: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await load_content(permits_db, content)
    assert refused.value.code == code
    if content == "":
        assert [fault.pointer for fault in refused.value.faults] == ["/TaxonId", "/FullName", "/CurrentListing"]
    assert await appendices(permits_db, "Elephas maximus") == ["I"]


async def test_loaded_index_replaces_the_built_in_listing_by_taxon(permits_db: AsyncEngine) -> None:
    assert await appendices(permits_db, "Puma concolor", country="ZA") == ["II"]
    report = await load_content(
        permits_db, index_csv([taxon_row(1, "Puma concolor", "III"), taxon_row(2, "Inventus primus")])
    )
    assert report_counts(report) == {"taken": 2, "added": 2}
    assert await appendices(permits_db, "Puma concolor") == ["III"]
    assert await appendices(permits_db, "Panthera tigris") == ["I"]
    await load_content(permits_db, index_csv([taxon_row(2, "Inventus primus")]), day=today() + timedelta(days=1))
    assert await appendices(permits_db, "Puma concolor", today() + timedelta(days=1)) == ["III"]


async def test_blanks_at_the_end_of_a_value_are_no_repair(permits_db: AsyncEngine) -> None:
    row = taxon_row(1, "Inventus primus", CurrentListing="II ", EnglishNames="Something  \u00a0")
    padded = await load_content(permits_db, index_csv([row]))
    assert (padded["repaired"], padded["repairs"]) == (0, [])
    assert await appendices(permits_db, "Inventus primus") == ["II"]
    before = await load_content(permits_db, index_csv([{**row, "FullName": "  Inventus primus"}]))
    assert [note["code"] for note in before["repairs"]] == ["stray-blanks"]
