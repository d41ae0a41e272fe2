"""Reference data is loaded in versions: the same file changes nothing, another only the difference, dirt is told."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import listing
from services.permits.actions.loading import KINDS, load
from shared.problems import Invalid

TODAY = datetime.now(UTC).date()
COLUMNS = (
    "TaxonId,Kingdom,Phylum,Class,Order,Family,Genus,Species,Subspecies,FullName,AuthorYear,RankName,CurrentListing,"
    "FullAnnotationEnglish,AnnotationEnglish,AnnotationSpanish,AnnotationFrench,#AnnotationSymbol,#Annotation,"
    "SynonymsWithAuthors,EnglishNames,SpanishNames,FrenchNames,CitesAccepted,All_DistributionISOCodes,"
    "All_DistributionFullNames,NativeDistributionFullNames,Introduced_Distribution,Introduced(?)_Distribution,"
    "Reintroduced_Distribution,Extinct_Distribution,Extinct(?)_Distribution,Distribution_Uncertain"
).split(",")


def taxon(number: int, name: str, listing: str = "II", **more: str) -> dict[str, str]:
    genus, _, species = name.partition(" ")
    row = {
        "TaxonId": str(number), "Kingdom": "Animalia", "Class": "Reptilia", "Order": "Inventa", "Family": "Inventidae",
        "Genus": genus, "Species": species, "FullName": name, "AuthorYear": "(Someone, 1901)", "RankName": "SPECIES",
        "CurrentListing": listing, "CitesAccepted": "true", "All_DistributionISOCodes": "ZA,NA",
        "All_DistributionFullNames": "South Africa,Namibia",
    }  # fmt: skip
    return {**row, **more}


def file(rows: Iterable[dict[str, str]], *lines: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue() + "".join(line + "\r\n" for line in lines)


async def pieces(content: str | bytes, size: int = 10_007) -> AsyncIterator[bytes]:
    whole = content.encode() if isinstance(content, str) else content
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


async def loaded(
    db: AsyncEngine, content: str | bytes, which: str = "taxa", day: date = TODAY, **how: Any
) -> dict[str, Any]:
    return await load(db, KINDS[which], pieces(content, **how), day, datetime.now(UTC), UUID(int=7))


def counts(report: dict[str, Any]) -> dict[str, int]:
    names = ("taken", "repaired", "refused", "unchanged", "added", "changed", "ended")
    return {name: report[name] for name in names if report[name]}


async def appendices(db: AsyncEngine, name: str, day: date = TODAY, country: str | None = None) -> list[str | None]:
    return [one["appendix"] for one in await listing.taxa(db, name, day, country, limit=50)]


async def test_the_same_file_again_changes_nothing_and_another_only_the_difference(permits_db: AsyncEngine) -> None:
    rows = [taxon(n, f"Inventus sp{chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(60)]
    first = await loaded(permits_db, file(rows))
    assert counts(first) == {"taken": 60, "added": 60}
    again = await loaded(permits_db, file(rows))
    assert counts(again) == {"taken": 60, "unchanged": 60}
    assert again["version"] == first["version"]
    other = [{**rows[0], "CurrentListing": "I"}, *rows[2:], taxon(900, "Inventus novus")]
    third = await loaded(permits_db, file(other), day=TODAY + timedelta(days=10))
    assert counts(third) == {"taken": 60, "unchanged": 58, "added": 1, "changed": 1, "ended": 1}
    assert (third["version"], third["ended_names"]) == (first["version"] + 1, [rows[1]["FullName"]])
    before, after = TODAY + timedelta(days=9), TODAY + timedelta(days=10)
    assert await appendices(permits_db, rows[0]["FullName"], before) == ["II"]
    assert await appendices(permits_db, rows[0]["FullName"], after) == ["I"]
    assert await appendices(permits_db, rows[1]["FullName"], before) == ["II"]
    assert await appendices(permits_db, "Inventus novus", before) == []
    assert await appendices(permits_db, rows[1]["FullName"], TODAY - timedelta(days=1)) == []


async def test_forty_thousand_taxa_the_same_again_and_a_changed_file(permits_db: AsyncEngine) -> None:
    def name(n: int) -> str:
        return f"Genus{letters[n // 676 % 26]}{letters[n // 26 % 26]} species{letters[n % 26]}{letters[n // 17576]}"

    letters = "abcdefghijklmnopqrstuvwxyz"
    synonyms = "Aliena prima (Author, 1800), Aliena secunda Author & Other, 1850"
    rows = [
        taxon(n, name(n), SynonymsWithAuthors=synonyms.replace("Aliena", f"Aliena{letters[n % 26]}"))
        for n in range(40_000)
    ]
    content = file(rows)
    assert counts(await loaded(permits_db, content, size=65_536)) == {"taken": 40_000, "added": 40_000}
    assert counts(await loaded(permits_db, content, size=65_536)) == {"taken": 40_000, "unchanged": 40_000}
    rows[7]["CurrentListing"] = "I"
    changed = await loaded(permits_db, file(rows[:39_990]), size=65_536)
    assert counts(changed) == {"taken": 39_990, "unchanged": 39_989, "changed": 1, "ended": 10}
    assert await appendices(permits_db, name(7)) == ["I"]


async def test_what_is_certain_is_repaired_and_the_rest_refused_with_line_and_reason(permits_db: AsyncEngine) -> None:
    good = taxon(1, "Inventus primus")
    rows = [
        good,
        taxon(2, '  Inventus   "secundus" ', " ii "),
        taxon(3, "Inventus tertius", "IV"),
        taxon(4, "Inventus quartus", ""),
        taxon(5, "", "II", Genus="Inventus", Species="quintus"),
        {**good, "CurrentListing": "I"},
        good,
        taxon(0, "Inventus sextus", TaxonId=""),
        taxon(8, "Inventus octavus", FullAnnotationEnglish="First line\nsecond, line"),
    ]
    quote = '9,Animalia,,,,Inventidae,Inventus,nonus,,Inventus nonus,"Someone, 1901,SPECIES,II' + "," * 20
    commas = "10,Animalia,,,,Inventidae,Inventus,decimus,,Inventus decimus,Someone, 1901,SPECIES,II" + "," * 20
    short = "11,Animalia,Inventus"
    ansi = "12,Animalia,,,,Inventidae,Inventus,bis,,Inventus bis,Linn\u00e9,SPECIES,II" + "," * 20
    content = ("\ufeff" + file(rows, quote, commas, short)).encode() + ansi.encode("latin-1") + b"\r\n"
    report = await loaded(permits_db, content, size=37)
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


async def test_a_row_that_becomes_unreadable_ends_nothing(permits_db: AsyncEngine) -> None:
    rows = [taxon(1, "Inventus primus"), taxon(2, "Inventus secundus")]
    await loaded(permits_db, file(rows))
    report = await loaded(permits_db, file([rows[0], {**rows[1], "CurrentListing": "?"}]))
    assert counts(report) == {"taken": 1, "refused": 1, "unchanged": 1}
    assert await appendices(permits_db, "Inventus secundus") == ["II"]


@pytest.mark.parametrize(("content", "code"), [
    ("", "columns-missing"), ("TaxonId,FullName\n1,Inventus\n", "columns-missing"),
    ("TaxonId,FullName,CurrentListing\n", "nothing-taken"), ("TaxonId,FullName,CurrentListing\n1,,\n", "nothing-taken"),
])  # fmt: skip
async def test_a_file_of_which_nothing_can_be_taken_is_refused_and_changes_nothing(
    permits_db: AsyncEngine, content: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await loaded(permits_db, content)
    assert refused.value.code == code
    assert await appendices(permits_db, "Elephas maximus") == ["I"]


async def test_the_index_takes_the_place_of_the_first_listing_taxon_by_taxon(permits_db: AsyncEngine) -> None:
    assert await appendices(permits_db, "Puma concolor", country="ZA") == ["II"]
    report = await loaded(permits_db, file([taxon(1, "Puma concolor", "III"), taxon(2, "Inventus primus")]))
    assert counts(report) == {"taken": 2, "added": 2}
    assert await appendices(permits_db, "Puma concolor") == ["III"]
    assert await appendices(permits_db, "Panthera tigris") == ["I"]
    await loaded(permits_db, file([taxon(2, "Inventus primus")]), day=TODAY + timedelta(days=1))
    assert await appendices(permits_db, "Puma concolor", TODAY + timedelta(days=1)) == []


SPLIT = taxon(
    1, "Inventus divisus", "I/II",
    FullAnnotationEnglish="<b>I</b> (except the populations of Namibia and South Africa, which are in Appendix II)",
)  # fmt: skip


async def test_names_are_found_whoever_writes_them_how(permits_db: AsyncEngine) -> None:
    async def found(name: str, country: str | None = "ZA") -> tuple[str, str | None, str]:
        [one] = await listing.taxa(permits_db, name, TODAY, country, limit=50)
        return one["taxon"], one["appendix"], one["matched_by"]

    for name in ("Crocodylus niloticus", "CROCODYLUS  NILOTICUS", "crocodylus niloticus Laurenti, 1768"):
        assert await found(name) == ("Crocodylus niloticus", "II", "accepted")
    assert await found("Crocodylus niloticus", "SD") == ("Crocodylus niloticus", "I", "accepted")
    assert await found("Lama vicugna (Molina, 1782)", "PE") == ("Vicugna vicugna", "II", "synonym")
    assert await found("Crocodylia spp.") == ("Crocodylia", "II", "accepted")
    assert await found("Crocodylus imaginarius") == ("Crocodylia", "II", "higher_taxon")
    assert await found("Dalbergia imaginaria") == ("Dalbergia", "II", "higher_taxon")
    assert await found("Ceratotherium simum novum") == ("Ceratotherium simum", "II", "higher_taxon")
    assert await found("Gallus gallus") == ("Gallus gallus", None, "accepted")
    hybrid = await listing.taxa(permits_db, "Ara ararauna × Ara macao", TODAY, None, limit=50)
    assert {(one["taxon"], one["appendix"], one["matched_by"]) for one in hybrid} == {
        ("Ara ararauna", "II", "hybrid"), ("Ara macao", "I", "hybrid"),
    }  # fmt: skip
    assert await listing.taxa(permits_db, "Nemo nusquam", TODAY, None, limit=50) == []


async def test_what_limits_the_trade_of_a_population_is_not_taken_for_its_country(permits_db: AsyncEngine) -> None:
    text = (
        "Appendix I, except the populations of Botswana, Egypt [subject to a zero quota for wild specimens traded for "
        "commercial purposes], Namibia (subject to an annual quota of 1,600) and South Africa, which are included in "
        "Appendix II"
    )
    await loaded(permits_db, file([taxon(1, "Inventus divisus", "I/II", FullAnnotationEnglish=text)]))
    for country, expected in (("EG", "II"), ("NA", "II"), ("ZA", "II"), ("SD", "I")):
        assert await appendices(permits_db, "Inventus divisus", country=country) == [expected], country


async def test_a_split_listing_answers_by_country(permits_db: AsyncEngine) -> None:
    unclear = taxon(2, "Inventus dubius", "I/II", FullAnnotationEnglish="Some populations only")
    party = taxon(3, "Inventus tertius", "III", FullAnnotationEnglish="Listed by South Africa")
    await loaded(permits_db, file([SPLIT, unclear, party]))
    assert await appendices(permits_db, "Inventus divisus", country="NA") == ["II"]
    assert await appendices(permits_db, "Inventus divisus", country="BW") == ["I"]
    assert set(await appendices(permits_db, "Inventus divisus")) == {"I", "II"}
    assert set(await appendices(permits_db, "Inventus dubius", country="NA")) == {"I", "II"}
    [one] = await listing.taxa(permits_db, "Inventus tertius", TODAY, None, limit=50)
    assert one["listed_by"] == "ZA"


async def test_who_is_typing_is_shown_what_begins_so(permits_db: AsyncEngine) -> None:
    begun = await listing.taxa(permits_db, "croco", TODAY, "ZA", limit=50)
    told = [one["taxon"] for one in begun]
    assert told[0] == "Crocodylia"
    assert "Crocodylus niloticus" in told and all(name.startswith("Croco") for name in told)
    assert [one["taxon"] for one in await listing.taxa(permits_db, "Crocodylus nil", TODAY, "ZA", limit=50)] == [
        "Crocodylus niloticus"
    ]


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


async def test_a_dirty_list_of_suspensions_is_taken_as_far_as_it_is_certain(permits_db: AsyncEngine) -> None:
    report = await loaded(permits_db, DIRTY_SUSPENSIONS, "suspensions")
    assert {note["line"]: note["code"] for note in report["refusals"]} == {
        5: "day-uncertain", 6: "unknown-country", 7: "ends-before-start", 8: "footnote",
        9: "too-many-columns",
    }  # fmt: skip
    assert {(note["line"], note["code"]) for note in report["repairs"]} >= {
        (2, "unquoted-comma"), (3, "unquoted-comma"), (3, "day-written-otherwise"), (3, "country-written-otherwise"),
    }  # fmt: skip
    [parrot] = await listing.suspensions(permits_db, "CD", TODAY)
    assert (parrot["terms"], parrot["sources"], parrot["purposes"], parrot["start_date"]) == (
        ["LIV"],
        ["R", "W"],
        ["T"],
        "2021-02-01",
    )
    [elephant] = await listing.suspensions(permits_db, "ML", TODAY)
    assert elephant["note"] == "All trade, since 2020, until further notice"
    assert [one["taxon"] for one in await listing.suspensions(permits_db, "SO", TODAY)] == [None]
    assert counts(await loaded(permits_db, DIRTY_SUSPENSIONS, "suspensions"))["unchanged"] == 3


async def test_a_list_of_nothing_but_its_columns_says_that_there_is_none(permits_db: AsyncEngine) -> None:
    header = DIRTY_SUSPENSIONS.splitlines(keepends=True)[0]
    await loaded(permits_db, header, "suspensions")
    assert counts(await loaded(permits_db, header, "suspensions")) == {}
    await loaded(permits_db, DIRTY_SUSPENSIONS, "suspensions")
    assert counts(await loaded(permits_db, header, "suspensions")) == {"ended": 3}
    assert await listing.suspensions(permits_db, None, TODAY) == []
    with pytest.raises(Invalid) as refused:
        await loaded(permits_db, header + "soon,,All species,,,SO,,,,,f,,\n", "suspensions")
    assert refused.value.code == "nothing-taken"


DIRTY_QUOTAS = f"""\
quota_type,start_date,end_date,taxon_name,taxon_concept_id,rank,{LAST.format("quota,")}
National,{TODAY.year}-01-01,{TODAY.year}-12-31,Crocodylus niloticus,1,SPECIES,ZA,1,200,,skins,R,,f,note,
National,{TODAY.year}-01-01,{TODAY.year}-12-31,Panthera leo,2,SPECIES,ZA,100-150,,trophies,W,,f,,
National,{TODAY.year}-01-01,,Panthera pardus,3,SPECIES,NA,250*,,trophies,W,H,f,,
National,{TODAY.year}-01-01,{TODAY.year}-12-31,Hippopotamus amphibius,4,SPECIES,TZ,up to 500,kg,teeth,W,,f,,
National,{TODAY.year}-01-01,{TODAY.year}-12-31,Python regius,5,SPECIES,TG,,,live,R,,f,,
National,{TODAY.year}-01-01,{TODAY.year}-12-31,Python sebae,6,SPECIES,TG,1.500,,live,R,,f,,
"""


async def test_a_dirty_list_of_quotas_is_taken_as_far_as_it_is_certain(permits_db: AsyncEngine) -> None:
    report = await loaded(permits_db, DIRTY_QUOTAS, "quotas")
    assert {note["line"]: note["code"] for note in report["refusals"]} == {
        3: "amount-is-a-range", 6: "no-amount", 7: "amount-uncertain",
    }  # fmt: skip
    found = {
        one["country"]: (one["taxon"], one["quota"], one["unit"], one["terms"])
        for one in await listing.quotas(permits_db, None, TODAY)
    }
    assert found == {
        "ZA": ("Crocodylus niloticus", "1200", "number", ["SKI"]),
        "NA": ("Panthera pardus", "250", "number", ["TRO"]),
        "TZ": ("Hippopotamus amphibius", "500", "kg", ["TEE"]),
    }
    again = await loaded(permits_db, DIRTY_QUOTAS, "quotas")
    assert counts(again)["unchanged"] == 3
    async with permits_db.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM quotas WHERE ended_on IS NULL"))).scalar_one() == 3
