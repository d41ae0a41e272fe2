"""The table of figures: for the terminal, and between the markers of docs/performance.md."""

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
    """One row of the table: the figure and its value, the baseline, their ratio, and the target."""

    description: str
    measured: str
    baseline: str
    ratio: str
    target: str


def render_table(figures: list[Figure]) -> Table:
    """Render the figures for a terminal."""
    shown = Table(title=f"{describe_machine()}, {datetime.now(UTC):%Y-%m-%d}", title_justify="left")
    for heading in ("figure", "measured", "baseline", "ratio", "target"):
        shown.add_column(heading, justify="right" if heading in {"measured", "ratio"} else "left")
    for figure in figures:
        shown.add_row(figure.description, figure.measured, figure.baseline, figure.ratio, figure.target)
    return shown


def write_page(figures: list[Figure]) -> None:
    """Write the figures between the markers of docs/performance.md."""
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {describe_machine()}.",
        "",
        "| figure | measured | baseline | ratio | target |",
        "|---|---|---|---|---|",
        *(f"| {f.description} | {f.measured} | {f.baseline} | {f.ratio} | {f.target} |" for f in figures),
    ]
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


def describe_machine() -> str:
    """Return the cores, the system and the Python version of this machine."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
