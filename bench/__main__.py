"""`make bench`: measures everything in one run, prints the ratios, and writes them to docs/performance.md.

Ratios hold from one machine to another, absolute figures do not. So each figure has a baseline from the same run.
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
    """Measure everything, print and write it. With names (`make bench ONLY=checks`), only measure and print these."""
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
        sys.exit(f"The bench has no measurement {', '.join(sorted(unknown))}. Its measurements are {', '.join(steps)}.")
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
        console.print(f"Written to {os.path.relpath(PAGE)}")


def accept() -> list[Figure]:
    """Measure the acceptance of declarations against a bare endpoint."""
    from bench.accept import measure

    found = asyncio.run(measure())
    return [
        Figure(
            "declarations accepted with 202 per second (five items, 32 connections, durable, authenticated)",
            f"{found['accepts_per_second']:,}",
            f"a bare FastAPI endpoint that validates the same body: {found['bare_per_second']:,}",
            f"{found['ratio']:.2f}",
            "≥ 0.5",
        )
    ]


def gateway() -> list[Figure]:
    """Measure the gateway: bulk, customs messages, reads under load, overload and the memory of a long bulk."""
    from bench.gateway import measure

    found = asyncio.run(measure())
    single = f"single declarations in the same rounds: {found['accepts_per_second']:,}"
    one_insert = f"FastAPI and SQLAlchemy, one insert and one commit per request: {found['one_insert_per_second']:,}"
    return [
        Figure(
            "declarations accepted per second (as above)",
            f"{found['accepts_per_second']:,}",
            one_insert,
            f"{found['one_insert_ratio']:.2f}",
            "≥ 1.5",
        ),
        Figure(
            "declarations accepted per second in bulk, one connection",
            f"{found['bulk_per_second']:,}",
            single,
            f"{found['bulk_ratio']:.2f}",
            "≥ 4",
        ),
        Figure(
            "the same declarations accepted per second as customs messages (XML)",
            f"{found['xml_per_second']:,}",
            single,
            f"{found['xml_ratio']:.2f}",
            "≥ 0.5",
        ),
        Figure(
            "reading a declaration while the gateway accepts half of its capacity, 99th percentile",
            f"{found['read_busy_p99_ms']} ms",
            f"idle median: {found['read_idle_ms']} ms",
            f"{found['read_ratio']:.1f}",
            "≤ 5",
        ),
        Figure(
            "accepted when clients send three times the capacity, 3,000 connections; "
            f"{found['overload_refused']:,} refused",
            f"{found['overload_ratio']:.0%} of the capacity",
            f"time of a refusal, 99th percentile: {found['refused_p99_ms']} ms",
            f"{found['overload_ratio']:.2f}",
            "≥ 0.8",
        ),
        Figure(
            f"maximum memory of the gateway during a bulk of {found['memory_lines']:,}",
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
            "webhooks delivered per second (leased, signed, posted, settled)",
            f"{found['deliveries_per_second']:,}",
            f"bare POSTs by the same client: {found['bare_per_second']:,}",
            f"{found['ratio']:.2f}",
            "≥ 0.35",
        )
    ]


def notifications() -> list[Figure]:
    """Measure how delivery scales: many endpoints, an unresponsive one, the feed, claims among a million deliveries."""
    from bench import delivery_claims, notifications

    found = asyncio.run(notifications.measure()) | asyncio.run(delivery_claims.measure())
    share = f"{found['sent_within_10_s']:.2%}"
    return [
        Figure(
            "one event to 1,000 endpoints, until the last one has responded",
            f"{found['fan_out_seconds']} s",
            "",
            "",
            "< 2 s",
        ),
        Figure(
            "from intake to response with an unresponsive endpoint among 50, 99th percentile",
            f"{found['p99_unresponsive_ms']} ms",
            f"without one: {found['p99_ms']} ms",
            f"{found['p99_ratio']:.2f}",
            "≤ 1.5",
        ),
        Figure(
            f"share of these {found['deliveries']:,} deliveries, to all endpoints, that were sent within 10 s",
            share,
            "",
            "",
            "",
        ),
        Figure("events read per second from the feed", f"{found['feed_events_per_second']:,}", "", "", "≥ 5,000"),
        Figure(
            "a claim of 64 deliveries while 1,000,000 wait",
            f"{found['claim_many_ms']} ms",
            f"while 1,000 wait: {found['claim_few_ms']} ms",
            f"{found['claim_ratio']:.2f}",
            "≤ 1.3",
        ),
    ]


def hub() -> list[Figure]:
    """Measure the latency and the memory of a complete hub that is idle."""
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
            "from 202 to `accepted` on an idle hub, median",
            f"{took['median_ms']} ms",
            f"95th percentile: {took['p95_ms']} ms",
            "",
            "< 100 ms",
        ),
        Figure("memory of the idle hub (PSS, without the database)", f"{used['total_mb']} MB", each, "", "< 500 MB"),
    ]


def checks() -> list[Figure]:
    """Measure checks and reservations against one-row inserts of PostgreSQL."""
    from bench.checks import measure

    found = asyncio.run(measure())
    pgbench = f"pgbench, one-row insert and commit, 8 clients: {found['inserts_per_second']:,}"
    return [
        Figure(
            "declarations of two items checked and reserved per second, over 1,000 permit lines",
            f"{found['spread_per_second']:,}",
            pgbench,
            f"{found['spread_ratio']:.2f}",
            "≥ 0.15",
        ),
        Figure(
            "the same with all items on one permit line",
            f"{found['hot_per_second']:,}",
            pgbench,
            f"{found['hot_ratio']:.2f}",
            "≥ 0.05",
        ),
    ]


def reading() -> list[Figure]:
    """Measure the load of a species index, names, permits by number, and annual reports."""
    from bench.reading import REPEATED_REPORTS, measure

    found = asyncio.run(measure())
    return [
        Figure(
            f"loading a species index of {found['taxa']:,} taxa",
            f"{found['load_seconds']} s",
            f"maximum memory of the process: {found['load_mb']} MB",
            "",
            "< 30 s, < 300 MB",
        ),
        Figure(
            "names resolved in it per second, one connection",
            f"{found['names_per_second']:,}",
            f"a bare select by primary key through the same stack: {found['keys_per_second']:,}",
            f"{found['names_ratio']:.2f}",
            "≥ 0.5",
        ),
        Figure(
            "finding a permit by its number among 1,000,000, median",
            f"{found['many_ms']} ms",
            f"among 10,000: {found['few_ms']} ms",
            f"{found['many_ratio']:.2f}",
            "≤ 1.3",
        ),
        Figure(
            f"maximum memory during an annual report of {found['report_rows']:,} rows, in {found['report_seconds']} s",
            f"{found['report_most_mb']} MB",
            f"after a tenth of it: {found['report_early_mb']} MB",
            f"{found['report_most_mb'] / found['report_early_mb']:.2f}",
            "flat",
        ),
        Figure(
            f"slowest of {REPEATED_REPORTS} import reports of {found['report_rows']:,} rows, to its first line",
            f"median {found['import_start_seconds']} s",
            "the first of them",
            f"{found['import_slowest_ratio']:.2f}",
            "≤ 2",
        ),
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
