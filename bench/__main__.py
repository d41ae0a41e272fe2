"""`make bench`: measures everything in one run, prints the ratios, and keeps them in docs/performance.md.

What holds from one machine to another are ratios, so each figure has its yardstick measured beside it.
"""

import asyncio
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
console = Console()


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, against what, what came of it, what is wanted."""

    what: str
    measured: str
    yardstick: str
    ratio: str
    wanted: str


def main() -> None:
    """Measure, print, keep."""
    steps: list[tuple[str, Any]] = [
        ("Accepting", accept),
        ("The gateway", gateway),
        ("Delivering", deliver),
        ("Telling", telling),
        ("A whole hub", hub),
    ]
    figures: list[Figure] = []
    columns = (TextColumn("{task.description:<14}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(steps))
        for name, act in steps:
            progress.update(task, description=name)
            figures += act()
            progress.advance(task)
    console.print(table(figures))
    keep(figures)
    console.print(f"Kept in {os.path.relpath(PAGE)}")


def accept() -> list[Figure]:
    """Measure accepting against a bare endpoint."""
    from bench.accept import measure

    found = asyncio.run(measure())
    return [
        Figure(
            "declarations answered 202 a second (five items, 32 connections, durable, authenticated)",
            f"{found['accepts_per_second']:,}",
            f"a bare FastAPI endpoint that validates the same body: {found['bare_per_second']:,}",
            f"{found['ratio']:.2f}",
            "≥ 0.4",
        )
    ]


def gateway() -> list[Figure]:
    """Measure bulk, customs messages, the usual way, reads under load and the memory of a long bulk."""
    from bench.gateway import measure

    found = asyncio.run(measure())
    single = f"single ones, in rounds with these: {found['accepts_per_second']:,}"
    usual = f"FastAPI and SQLAlchemy, an insert and a commit a request: {found['usual_per_second']:,}"
    return [
        Figure(
            "declarations accepted a second (as above)",
            f"{found['accepts_per_second']:,}",
            usual,
            f"{found['usual_ratio']:.2f}",
            "≥ 1.5",
        ),
        Figure(
            "declarations accepted a second in bulk, one connection",
            f"{found['bulk_per_second']:,}",
            single,
            f"{found['bulk_ratio']:.2f}",
            "≥ 4",
        ),
        Figure(
            "the same declarations accepted a second as customs messages (XML)",
            f"{found['xml_per_second']:,}",
            single,
            f"{found['xml_ratio']:.2f}",
            "≥ 0.5",
        ),
        Figure(
            "reading a declaration at half the capacity of accepts, 99 %",
            f"{found['read_busy_p99_ms']} ms",
            f"idle median: {found['read_idle_ms']} ms",
            f"{found['read_ratio']:.1f}",
            "≤ 5",
        ),
        Figure(
            f"memory of the gateway over a bulk of {found['memory_lines']:,}, at its highest",
            f"{found['memory_most_mb']} MB",
            f"after a tenth of it: {found['memory_early_mb']} MB",
            f"{found['memory_most_mb'] / found['memory_early_mb']:.2f}",
            "flat",
        ),
    ]


def deliver() -> list[Figure]:
    """Measure webhook deliveries against bare POSTs by the same client."""
    from bench.deliver import measure

    found = asyncio.run(measure())
    return [
        Figure(
            "webhooks delivered a second (leased, signed, posted, settled)",
            f"{found['deliveries_per_second']:,}",
            f"bare POSTs by the same client: {found['bare_per_second']:,}",
            f"{found['ratio']:.2f}",
            "≥ 0.35",
        )
    ]


def telling() -> list[Figure]:
    """Measure how the telling scales: endpoints, a black hole among them, the feed, a claim among a million letters."""
    from bench import telling, waiting

    found = asyncio.run(telling.measure()) | asyncio.run(waiting.measure())
    share = f"{found['sent_within_10_s']:.2%}"
    return [
        Figure(
            "one event to 1,000 endpoints, till the last has answered", f"{found['fan_out_seconds']} s", "", "", "< 2 s"
        ),
        Figure(
            "from intake to answer beside a black hole among 50 endpoints, 99 %",
            f"{found['p99_beside_a_black_hole_ms']} ms",
            f"without one: {found['p99_ms']} ms",
            f"{found['p99_ratio']:.2f}",
            "≤ 1.5",
        ),
        Figure(f"of these {found['letters']:,} letters, the black hole's too, sent within 10 s", share, "", "", ""),
        Figure("events read a second from the feed", f"{found['feed_events_per_second']:,}", "", "", "≥ 5,000"),
        Figure(
            "a claim of 64 letters while 1,000,000 wait",
            f"{found['claim_many_ms']} ms",
            f"while 1,000 wait: {found['claim_few_ms']} ms",
            f"{found['claim_ratio']:.2f}",
            "≤ 1.3",
        ),
    ]


def hub() -> list[Figure]:
    """Measure a whole hub: its memory and latency when idle, then its checks against the database's own pace."""
    from bench import checks, idle
    from bench.people import settle_in
    from services.cli.access import open_hub
    from services.cli.own_hub import own_hub

    with own_hub() as (url, admin), open_hub(url, admin) as opened:
        people = settle_in(opened)
        took = idle.latency(people)
        used = idle.memory(admin.parent)
        checked = checks.measure(people, admin.parent)
    each = ", ".join(f"{name} {mb}" for name, mb in used["by_process"].items())
    return [
        Figure(
            "from 202 to accepted on an idle hub, median",
            f"{took['median_ms']} ms",
            f"95 %: {took['p95_ms']} ms",
            "",
            "< 100 ms",
        ),
        Figure("memory of the idle hub (PSS, database not counted)", f"{used['total_mb']} MB", each, "", "< 500 MB"),
        Figure(
            "declarations of five items checked a second (permits' intake, batches of 200)",
            f"{checked['checks_per_second']:,}",
            f"pgbench, one-row insert and commit, 8 clients: {checked['inserts_per_second']:,}",
            f"{checked['ratio']:.2f}",
            "",
        ),
    ]


def table(figures: list[Figure]) -> Table:
    """Lay the figures out for a terminal."""
    shown = Table(title=f"{machine()}, {datetime.now(UTC):%Y-%m-%d}", title_justify="left")
    for heading in ("what", "measured", "against", "ratio", "wanted"):
        shown.add_column(heading, justify="right" if heading in {"measured", "ratio"} else "left")
    for figure in figures:
        shown.add_row(figure.what, figure.measured, figure.yardstick, figure.ratio, figure.wanted)
    return shown


def keep(figures: list[Figure]) -> None:
    """Write the figures between the markers of docs/performance.md."""
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine()}.",
        "",
        "| what | measured | against | ratio | wanted |",
        "|---|---|---|---|---|",
        *(f"| {f.what} | {f.measured} | {f.yardstick} | {f.ratio} | {f.wanted} |" for f in figures),
    ]
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


def machine() -> str:
    """Say what kind of machine this is."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
