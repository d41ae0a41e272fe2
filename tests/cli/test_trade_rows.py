"""Reading a file of trade: quantities are exact, and each error names its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.trade_rows import read_rows

HEADING = "appendix,taxon,term,unit,purpose,source,exporter,importer,exporter_reported,importer_reported"
GOOD = "II,Falco exemplaris,LIV,number,T,C,AE,GB,12,9"


def write_csv(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """Write the lines to a file of trade and return its path."""
    file = folder / "trade.csv"
    file.write_bytes("\n".join(lines).encode(encoding))
    return file


def test_trade_rows_have_line_numbers_and_exact_quantities(tmp_path: Path) -> None:
    long = "II,Pericopsis exemplaris,LOG,m3,T,W,CD,ES,62,0.1234567890123456789"
    rows = read_rows(write_csv(tmp_path, HEADING, GOOD, long))
    assert [row.line for row in rows] == [2, 3]
    assert rows[1].importer_reported == Decimal("0.1234567890123456789")


def test_trade_file_with_other_columns_and_byte_order_mark_is_read(tmp_path: Path) -> None:
    rows = read_rows(write_csv(tmp_path, f"\ufeffyear,{HEADING}", f"2015,{GOOD}"))
    assert rows[0].taxon == "Falco exemplaris"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "line 1"),
        ([HEADING], "line 1: the file has no rows after the heading. Add at least one row."),
        (["appendix,taxon", "II,X"], "line 1: these columns are missing: term, unit"),
        ([HEADING, GOOD, GOOD.replace(",9", ",many")], "line 3: importer_reported is 'many'"),
        ([HEADING, GOOD.replace(",9", ",0")], "line 2: importer_reported is '0'. Expected a quantity above zero."),
        ([HEADING, GOOD.replace(",9", ",NaN")], "line 2: importer_reported is 'NaN'"),
        ([HEADING, GOOD.replace("II,", "IV,")], "line 2: appendix is 'IV'"),
        ([HEADING, GOOD.replace("exemplaris", "x" * 500)], "line 2: taxon is 'Falco xxx"),
        ([HEADING, GOOD.replace("LIV", "QQQ")], "line 2: term is 'QQQ'. Expected a CITES trade term"),
        ([HEADING, GOOD, GOOD + ",more"], "line 3: the row has 11 cells. Expected: 10, as in the heading."),
        ([HEADING, GOOD, "II,Falco"], "line 3: the row has 2 cells. Expected: 10, as in the heading."),
        ([HEADING, GOOD.replace("AE", "XX")], "line 2: exporter is 'XX'. Expected a country that exists"),
        ([HEADING, GOOD, '"II'], "line 2: the text is not CSV"),
    ],
)
def test_trade_file_with_fault_is_refused_with_line_and_expectation(
    tmp_path: Path, lines: list[str], expected: str
) -> None:
    with pytest.raises(CommandError) as refused:
        read_rows(write_csv(tmp_path, *lines))
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)
    assert " should " not in str(refused.value), "these are words of pydantic"


def test_trade_file_in_other_encoding_is_refused_with_line(tmp_path: Path) -> None:
    file = write_csv(tmp_path, HEADING, GOOD, GOOD.replace("Falco", "Fälco"), encoding="latin-1")
    with pytest.raises(CommandError, match=r"line 3: the text is not UTF-8\. Save the file as UTF-8\."):
        read_rows(file)


def test_trade_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        read_rows(tmp_path / "none.csv")
