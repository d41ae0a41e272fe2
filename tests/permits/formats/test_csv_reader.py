"""Reading a file of CSV: the separator, which the line of columns shows."""

import pytest

from services.permits.formats.csv_reader import CsvReader


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_file_with_another_separator_has_the_same_columns_and_values(separator: str) -> None:
    reader = CsvReader()
    rows = reader.feed(
        separator.join(("iso_code2", "taxon_name", "quota")).encode() + b"\r\n"
        + separator.join(("ZA", '"Crocodylus niloticus, ranched; live\tskins"', "12")).encode() + b"\r\n",
        last=True,
    )  # fmt: skip
    assert reader.header == ["iso_code2", "taxon_name", "quota"]
    assert [row.values for row in rows] == [["ZA", "Crocodylus niloticus, ranched; live\tskins", "12"]]
    assert list(rows[0].repairs) == []


def test_value_with_a_separator_of_other_files_stays_whole() -> None:
    reader = CsvReader()
    [row] = reader.feed(b"name,annotation\nAloe,#4; cuttings; seeds\n", last=True)
    assert row.values == ["Aloe", "#4; cuttings; seeds"]
