"""Align a row with its header. A value that an unquoted comma cut in two is joined again if that is certain."""

from collections.abc import Callable, Mapping, Sequence

from services.permits.domain.reference.load_report import RowRejected
from services.permits.formats.csv_reader import RawRow
from shared.limits import Limit, LimitSubject

ColumnTests = Mapping[str, Callable[[str], bool]]
"""Tests by column, for columns with recognizable values: whether a text looks like a value of the column."""


MAX_VALUE_LENGTH = Limit(
    20_000,
    "characters",
    subject=LimitSubject.REFERENCE,
    meaning="A value of a row",
    beyond="The row is refused.",
)
"""Characters of a value, at most: the longest annotations and lists of synonyms have some thousands."""


def align_row(
    raw: RawRow,
    header: Sequence[str],
    column_tests: ColumnTests,
    text_columns: Sequence[str],
    key_columns: Sequence[str],
) -> dict[str, str]:
    """Return the row's values by column. Raise RowRejected if their columns are not certain.

    With too many values, one of the `text_columns` takes the surplus. This is certain if only one alignment passes the
    tests, or if all that pass agree in the `key_columns`.
    """
    values, width = raw.values, len(header)
    for name, value in zip(header, values, strict=False):
        if len(value) > MAX_VALUE_LENGTH:
            raise RowRejected(
                "field-too-long", f"The value has {len(value)} characters, at most {MAX_VALUE_LENGTH} are valid.", name
            )
    if len(values) < width:
        raise RowRejected("too-few-columns", f"The row has {len(values)} values for {width} columns.")
    if len(values) == width:
        return dict(zip(header, values, strict=True))
    alignments = [row for row in _possible_alignments(values, header, text_columns) if _passes_tests(row, column_tests)]
    if len({tuple(row.get(name, "").strip() for name in key_columns) for row in alignments}) != 1:
        detail = f"The row has {len(values)} values for {width} columns. Quote the values that contain a comma."
        raise RowRejected("too-many-columns", detail)
    raw.repairs.add("unquoted-comma", "A value with a comma was not quoted. The hub joined it again.")
    return alignments[0]


def _possible_alignments(values: list[str], header: Sequence[str], text_columns: Sequence[str]) -> list[dict[str, str]]:
    surplus = len(values) - len(header)
    empty = not any(value.strip() for value in values[len(header) :])
    alignments = [dict(zip(header, values, strict=False))] if empty else []
    for name in text_columns:
        if name in header:
            place = header.index(name)
            joined = ",".join(values[place : place + surplus + 1])
            row = [*values[:place], joined, *values[place + surplus + 1 :]]
            alignments.append(dict(zip(header, row, strict=True)))
    return alignments


def _passes_tests(row: Mapping[str, str], column_tests: ColumnTests) -> bool:
    return all(row[name].strip() == "" or test(row[name].strip()) for name, test in column_tests.items() if name in row)
