"""Reads a CSV file of trade that exporter and importer reported. Each error names the line and the expected value."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.cli.console import CommandError
from shared.contracts.closed_sets import Appendix, Purpose, Source, Unit
from shared.contracts.declaration import TermCode
from shared.contracts.fields import IsoCountry, Name, WireModel
from shared.contracts.quantities import Quantity
from shared.validation_faults import validation_message


class TradeRow(WireModel):
    """One row of trade: the goods, the two countries, and the quantities that exporter and importer reported.

    A replay adds parties of both countries, so they are countries that exist.
    """

    line: int
    appendix: Appendix
    taxon: Name
    term: TermCode
    unit: Unit
    purpose: Purpose
    source: Source
    exporter: IsoCountry
    importer: IsoCountry
    exporter_reported: Quantity
    importer_reported: Quantity


COLUMNS = tuple(name for name in TradeRow.model_fields if name != "line")


def read_rows(file: Path) -> list[TradeRow]:
    """Read all rows. Raise CommandError at the first wrong one."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(_parse_rows(file, csv.DictReader(text, strict=True)))
    except UnicodeDecodeError:
        raise CommandError(
            f"{file}, line {_find_line_not_utf8(file)}: the text is not UTF-8. Save the file as UTF-8."
        ) from None
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}. Name a readable CSV file.") from None
    if not rows:
        raise CommandError(f"{file}, line 1: the file has no rows after the heading. Add at least one row.")
    return rows


def _parse_rows(file: Path, reader: "csv.DictReader[str]") -> Iterator[TradeRow]:
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise CommandError(
                f"{file}, line 1: these columns are missing: {', '.join(missing)}. Expected: {','.join(COLUMNS)}"
            )
        for cells in reader:
            yield _parse_row(file, reader.line_num, cells)
    except csv.Error as error:
        raise CommandError(f"{file}, line {reader.line_num}: the text is not CSV: {error}.") from None


def _parse_row(file: Path, line: int, cells: dict[Any, Any]) -> TradeRow:
    if None in cells or None in cells.values():
        count = len(cells.get(None) or ()) + sum(value is not None for name, value in cells.items() if name is not None)
        expected = len([name for name in cells if name is not None])
        raise CommandError(f"{file}, line {line}: the row has {count} cells. Expected: {expected}, as in the heading.")
    try:
        return TradeRow.model_validate({"line": line, **{name: cells[name].strip() for name in COLUMNS}})
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        column = str(fault["loc"][0])
        advice = validation_message(fault).removesuffix(".")
        raise CommandError(f"{file}, line {line}: {column} is {cells[column]!r}. {advice}.") from None


def _find_line_not_utf8(file: Path) -> int:
    for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            return number
    return 1
