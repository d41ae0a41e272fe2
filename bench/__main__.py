"""`make bench`: measures everything in one run, prints the ratios, and keeps them in docs/performance.md.

What holds from one machine to another are ratios, so each figure has its yardstick measured beside it.
"""

import asyncio
import os
import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.results_page import PAGE, Figure, render_table, write_page

console = Console()
Step = Callable[[], list[Figure]]


def main(*names: str) -> None:
    """Measure all and keep it; or only what is named (`make bench ONLY=checks`), and print it."""
    steps: dict[str, Step] = {
        "accept": accept,
        "gateway": gateway,
        "deliver": deliver,
        "notifications": notifications,
        "hub": hub,
        "checks": checks,
        "reading": reading,
    }
    chosen = list(names) or list(steps)
    if unknown := set(chosen) - steps.keys():
        sys.exit(f"There is no {', '.join(sorted(unknown))} to measure; there is {', '.join(steps)}.")
    figures: list[Figure] = []
    columns = (TextColumn("{task.description:<14}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(chosen))
        for name in chosen:
            progress.update(task, description=name)
            figures += steps[name]()
            progress.advance(task)
    console.print(render_table(figures))
    if set(chosen) == set(steps):
        write_page(figures)
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
            "≥ 0.5",
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
            f"accepted when three times as many are sent, 3,000 connections; {found['overload_refused']:,} refused",
            f"{found['overload_ratio']:.0%} of the best",
            f"a refusal took, 99 %: {found['refused_p99_ms']} ms",
            f"{found['overload_ratio']:.2f}",
            "≥ 0.8",
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


def notifications() -> list[Figure]:
    """Measure how the telling scales: endpoints, a black hole among them, the feed, a claim among a million letters."""
    from bench import delivery_claims, notifications

    found = asyncio.run(notifications.measure()) | asyncio.run(delivery_claims.measure())
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
    """Measure a whole hub when idle: its latency and its memory."""
    from bench import idle
    from bench.trade_parties import create_parties
    from services.cli.client_access import open_hub
    from services.cli.temporary_hub import run_temporary_hub

    with run_temporary_hub() as (url, admin), open_hub(url, admin) as opened:
        parties = create_parties(opened)
        took = idle.latency(parties)
        used = idle.memory(admin.parent)
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
    ]


def checks() -> list[Figure]:
    """Measure checks and reservations against the database's own pace."""
    from bench.checks import measure

    found = asyncio.run(measure())
    pgbench = f"pgbench, one-row insert and commit, 8 clients: {found['inserts_per_second']:,}"
    return [
        Figure(
            "declarations of two items checked and reserved a second, over 1,000 lines",
            f"{found['spread_per_second']:,}",
            pgbench,
            f"{found['spread_ratio']:.2f}",
            "≥ 0.15",
        ),
        Figure(
            "the same on one hot line, both items of each",
            f"{found['hot_per_second']:,}",
            pgbench,
            f"{found['hot_ratio']:.2f}",
            "≥ 0.05",
        ),
    ]


def reading() -> list[Figure]:
    """Measure loads, names, look-ups and reports."""
    from bench.reading import measure

    found = asyncio.run(measure())
    return [
        Figure(
            f"loading a species index of {found['taxa']:,} taxa",
            f"{found['load_seconds']} s",
            f"memory of the process at its highest: {found['load_mb']} MB",
            "",
            "< 30 s, < 300 MB",
        ),
        Figure(
            "names resolved in it a second, one connection",
            f"{found['names_per_second']:,}",
            f"a bare select by primary key through the same stack: {found['keys_per_second']:,}",
            f"{found['names_ratio']:.2f}",
            "≥ 0.5",
        ),
        Figure(
            "looking a permit up by number among 1,000,000, median",
            f"{found['many_ms']} ms",
            f"among 10,000: {found['few_ms']} ms",
            f"{found['many_ratio']:.2f}",
            "≤ 1.3",
        ),
        Figure(
            f"a year's report of {found['report_rows']:,} rows in {found['report_seconds']} s, memory at its highest",
            f"{found['report_most_mb']} MB",
            f"after a tenth of it: {found['report_early_mb']} MB",
            f"{found['report_most_mb'] / found['report_early_mb']:.2f}",
            "flat",
        ),
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
