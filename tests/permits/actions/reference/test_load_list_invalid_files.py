"""The load of files with random faults: certain rows are loaded, others are rejected by line, memory stays small."""

import random
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference import read
from services.permits.actions.reference.load_list import LIST_KINDS, load
from shared.problems import Invalid
from tests.days import FIXED_DAY, today
from tests.permits.actions.reference.test_load_list_suspensions_and_quotas import DIRTY_SUSPENSIONS, dirty_quotas
from tests.permits.reference_files import appendices, index_csv, load_content, load_order, taxon_row
from tests.permits.view_json import rows_as_json

EXCEPT = "Except the populations of Namibia and South Africa, which are included in Appendix II"
TAXA = index_csv([
    taxon_row(1, "Inventus primus", "I/II", FullAnnotationEnglish=EXCEPT), taxon_row(2, "Inventus secundus", "II/NC"),
    taxon_row(3, "Inventus tertius", "III", FullAnnotationEnglish="Listed by Ghana; III (Nepal)"),
    taxon_row(4, "Inventus quartus", SynonymsWithAuthors='Aliena "prima" (A, 1800), Aliena secunda B & C, 1850'),
])  # fmt: skip
FILES = {"taxa": TAXA, "suspensions": DIRTY_SUSPENSIONS, "quotas": dirty_quotas(FIXED_DAY.year)}
BITS = [
    b'"', b"'", b",", b"\n", b"\r\n", b"\r", b"\x00", b"\xff", b"\xe9", b"\xef\xbb\xbf", b";", b"\t", b"I/II", b"NC",
    b'""', b"x" * 3000, b"1-9", b"9" * 60, b"1e9", b"31/02/2020", b"0000-00-00", b"99999-01-01", b"*", b"[1]",
    b"\xc2\xa0", b"(" * 900, "\u202e".encode(), "\u2028".encode(), "\u0661\u0662".encode(), "²".encode(), b"\\",
    b"<b>" * 50, b"=cmd", b"II,I", b"\x1c",
]  # fmt: skip


def spoil(chance: random.Random, content: bytes) -> bytes:
    """Return a file with some faults: bytes inserted or removed, or values replaced."""
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(content) + 1)
        match chance.randrange(3):
            case 0:
                content = content[:place] + chance.choice(BITS) + content[place:]
            case 1:
                content = content[:place] + content[place + chance.randint(1, 40) :]
            case _:
                lines = content.split(b"\n")
                cells = lines[where := chance.randrange(len(lines))].split(b",")
                cells[chance.randrange(len(cells))] = chance.choice(BITS)
                lines[where] = b",".join(cells)
                content = b"\n".join(lines)
    return content


@pytest.mark.parametrize("which", FILES)
async def test_load_report_of_a_spoiled_file_accounts_for_every_row(permits_db: AsyncEngine, which: str) -> None:
    chance = random.Random(which)
    for _ in range(60):
        content = spoil(chance, FILES[which].encode())
        try:
            report = await load_content(permits_db, content, which, size=chance.choice([7, 100, 65_536]))
        except Invalid as error:
            assert error.code in {"columns-missing", "nothing-taken", "line-too-long"}, content
            continue
        assert report["rows"] == report["taken"] + report["refused"]
        assert report["taken"] >= report["added"] + report["changed"] + report["unchanged"]
        assert all(note["line"] > 1 and note["code"] and note["detail"] for note in report["refusals"])


@pytest.mark.parametrize(("before", "after", "newline"), [
    ("", "", "\r\n"), ("\ufeff", "", "\n"), ("\n\n\r\n", "", "\n"), ("\ufeff", "\r\n\r\n ,,, \r\n", "\r\n"),
    ("", "\x00", "\n"), ("", "", "\r"), ("\ufeff", "\r\r", "\r"), ("\r", "", "\r"), ("", "", "\r\r\n"),
])  # fmt: skip
async def test_byte_order_marks_and_empty_lines_do_not_change_a_load(
    permits_db: AsyncEngine, before: str, after: str, newline: str
) -> None:
    content = before + TAXA.replace("\r\n", newline) + after
    report = await load_content(permits_db, content, size=11)
    assert (report["taken"], report["refused"], report["repaired"]) == (4, 0, 0), report


async def test_split_listings_and_appendix_three_are_parsed_from_clear_annotations(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, TAXA)
    assert await appendices(permits_db, "Inventus primus", country="NA") == ["II"]
    assert await appendices(permits_db, "Inventus primus", country="GH") == ["I"]
    assert set(await appendices(permits_db, "Inventus secundus", country="GH")) == {"II", None}
    [one] = await rows_as_json(read.list_taxa(permits_db, "Inventus tertius", today(), None, limit=9))
    assert (one["appendix"], one["listed_by"]) == ("III", "GH")
    assert await appendices(permits_db, "Aliena secunda") == ["II"]


async def test_value_that_is_too_long_is_rejected_by_line_and_column(permits_db: AsyncEngine) -> None:
    good, long = taxon_row(1, "Inventus primus"), taxon_row(2, "Inventus secundus", FullAnnotationEnglish="x" * 900_000)
    report = await load_content(permits_db, index_csv([good, long, taxon_row(3, "Inventus tertius")]), size=65_536)
    [refusal] = report["refusals"]
    assert (refusal["line"], refusal["code"], refusal["field"]) == (3, "field-too-long", "FullAnnotationEnglish")
    assert (report["taken"], await appendices(permits_db, "Inventus tertius")) == (2, ["II"])
    with pytest.raises(Invalid) as caught:
        await load_content(permits_db, index_csv([good]) + "y" * 1_200_000, size=65_536)
    assert caught.value.code == "line-too-long" and "Line 3" in caught.value.detail
    endless = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=9000))
    synonym = f"Aliena {endless} (A, 1800), Aliena prima (A, 1800)"
    report = await load_content(permits_db, index_csv([taxon_row(9, "Inventus nonus", SynonymsWithAuthors=synonym)]))
    assert (report["taken"], await appendices(permits_db, "Aliena prima")) == (1, ["II"])


async def test_quotes_that_never_close_keep_the_rows_and_the_memory_small(permits_db: AsyncEngine) -> None:
    head = index_csv([])
    row = '{0},Animalia,,,,Inventidae,Inventus,nonus,,Inventus n{0},"Someone, 1901,SPECIES,II' + "," * 20 + "\n"

    async def endless() -> AsyncIterator[bytes]:
        yield head.encode()
        for number in range(4000):
            yield row.format(number).encode() + b"z" * 900 + b"\n"

    tracemalloc.start()
    report = await load(permits_db, LIST_KINDS["taxa"], endless(), load_order())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.rows == 8000 and len(report.refusals) == 1000
    assert most < 40_000_000, most
