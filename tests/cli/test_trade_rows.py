"""Reading a file of trade: what is good is taken exactly, what is bad is told with its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.trade_rows import read_rows

HEADING = "appendix,taxon,term,unit,purpose,source,exporter,importer,exporter_reported,importer_reported"
GOOD = "II,Falco exemplaris,LIV,number,T,C,AE,GB,12,9"


def written(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    file = folder / "trade.csv"
    file.write_bytes("\n".join(lines).encode(encoding))
    return file


def test_rows_are_read_with_their_lines_and_exact_quantities(tmp_path: Path) -> None:
    long = "II,Pericopsis exemplaris,LOG,m3,T,W,CD,ES,62,0.1234567890123456789"
    rows = read_rows(written(tmp_path, HEADING, GOOD, long))
    assert [row.line for row in rows] == [2, 3]
    assert rows[1].importer_reported == Decimal("0.1234567890123456789")


def test_columns_may_stand_in_any_order_with_others_beside_them_and_a_byte_order_mark(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, f"\ufeffyear,{HEADING}", f"2015,{GOOD}"))
    assert rows[0].taxon == "Falco exemplaris"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "line 1"),
        ([HEADING], "line 1: there are no rows"),
        (["appendix,taxon", "II,X"], "line 1: missing columns: term, unit"),
        ([HEADING, GOOD, GOOD.replace(",9", ",many")], "line 3: importer_reported is 'many'"),
        ([HEADING, GOOD.replace(",9", ",0")], "line 2: importer_reported is '0'. This quantity is more than zero."),
        ([HEADING, GOOD.replace(",9", ",NaN")], "line 2: importer_reported is 'NaN'"),
        ([HEADING, GOOD.replace("II,", "IV,")], "line 2: appendix is 'IV'"),
        ([HEADING, GOOD.replace("LIV", "QQQ")], "line 2: term is 'QQQ'. This is no CITES trade term"),
        ([HEADING, GOOD, GOOD + ",more"], "line 3: this row has more or fewer cells"),
        ([HEADING, GOOD, "II,Falco"], "line 3: this row has more or fewer cells"),
        ([HEADING, GOOD, '"II'], "line 2: this is no CSV"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence_with_its_line(tmp_path: Path, lines: list[str], expected: str) -> None:
    with pytest.raises(CommandError) as trouble:
        read_rows(written(tmp_path, *lines))
    assert expected in str(trouble.value)
    assert "\n" not in str(trouble.value)


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, HEADING, GOOD, GOOD.replace("Falco", "Fälco"), encoding="latin-1")
    with pytest.raises(CommandError, match="line 3: this is not UTF-8"):
        read_rows(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        read_rows(tmp_path / "none.csv")
