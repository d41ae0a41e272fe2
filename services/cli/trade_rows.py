"""Reads a file of trade that both sides reported, strictly: what is wrong is told in one sentence with its line."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.cli.console import CommandError
from shared.contracts.closed_sets import Appendix, Purpose, Source, Unit
from shared.contracts.declaration import TermCode
from shared.contracts.fields import Country, Name, WireModel
from shared.contracts.quantities import Quantity


class TradeRow(WireModel):
    """One row of trade: what of which taxon went from where to where, and how much each side said it was."""

    line: int
    appendix: Appendix
    taxon: Name
    term: TermCode
    unit: Unit
    purpose: Purpose
    source: Source
    exporter: Country
    importer: Country
    exporter_reported: Quantity
    importer_reported: Quantity


COLUMNS = tuple(name for name in TradeRow.model_fields if name != "line")


def read_rows(file: Path) -> list[TradeRow]:
    """Read all rows; raises CommandError at the first that is not as it must be."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(_parse_rows(file, csv.DictReader(text, strict=True)))
    except UnicodeDecodeError:
        raise CommandError(
            f"{file}, line {_find_line_not_utf8(file)}: this is not UTF-8; save the file as UTF-8."
        ) from None
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    if not rows:
        raise CommandError(f"{file}, line 1: there are no rows in it.")
    return rows


def _parse_rows(file: Path, reader: "csv.DictReader[str]") -> Iterator[TradeRow]:
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise CommandError(
                f"{file}, line 1: missing columns: {', '.join(missing)}. Needed are: {','.join(COLUMNS)}"
            )
        for cells in reader:
            yield _parse_row(file, reader.line_num, cells)
    except csv.Error as error:
        raise CommandError(f"{file}, line {reader.line_num}: this is no CSV: {error}.") from None


def _parse_row(file: Path, line: int, cells: dict[Any, Any]) -> TradeRow:
    if None in cells or None in cells.values():
        raise CommandError(f"{file}, line {line}: this row has more or fewer cells than the heading.")
    try:
        return TradeRow.model_validate({"line": line, **{name: cells[name].strip() for name in COLUMNS}})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        what = fault["msg"].removeprefix("Value error, ").removesuffix(".")
        raise CommandError(f"{file}, line {line}: {fault['loc'][0]} is {cells[fault['loc'][0]]!r}. {what}.") from None


def _find_line_not_utf8(file: Path) -> int:
    for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            return number
    return 1
