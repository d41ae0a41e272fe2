"""Lists as a table for people, or as JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from services.cli.console import out
from shared.contracts.characters import escape_forbidden


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows: a table of the given columns, or one JSON array with all fields."""
    if as_json:
        print(escape_forbidden(json.dumps(list(rows), ensure_ascii=False, indent=1)))
        return
    table, count = Table(box=None, pad_edge=False), 0
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(escape_forbidden(_cell(row.get(column))) for column in columns))
        count += 1
    out.print(table if count else "The list is empty.")


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    if _is_timestamp(value):
        return str(value)[:19].replace("T", " ")
    return "" if value is None else str(value)


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 19 and value[10] == "T" and value.endswith("Z")
