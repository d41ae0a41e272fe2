"""The page of figures: a table in the terminal, and the same between the markers of docs/performance.md."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, against what, what came of it, what is wanted."""

    description: str
    measured: str
    baseline: str
    ratio: str
    target: str


def render_table(figures: list[Figure]) -> Table:
    """Lay the figures out for a terminal."""
    shown = Table(title=f"{describe_machine()}, {datetime.now(UTC):%Y-%m-%d}", title_justify="left")
    for heading in ("what", "measured", "against", "ratio", "wanted"):
        shown.add_column(heading, justify="right" if heading in {"measured", "ratio"} else "left")
    for figure in figures:
        shown.add_row(figure.description, figure.measured, figure.baseline, figure.ratio, figure.target)
    return shown


def write_page(figures: list[Figure]) -> None:
    """Write the figures between the markers of docs/performance.md."""
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {describe_machine()}.",
        "",
        "| what | measured | against | ratio | wanted |",
        "|---|---|---|---|---|",
        *(f"| {f.description} | {f.measured} | {f.baseline} | {f.ratio} | {f.target} |" for f in figures),
    ]
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


def describe_machine() -> str:
    """Say what kind of machine this is."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
