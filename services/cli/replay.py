"""`saola replay`: plays reported trade through a hub, and shows which declarations it accepted, and why not the others.

The exporter's report of a row becomes an issued and endorsed permit. The importer's report becomes a declaration that
cites it. Rows are played at the same time. The command follows each declaration until the hub has checked it.
"""

import secrets
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from saola_client import Hub, HubError
from services.cli.console import CommandError, err, out
from services.cli.trade_rows import TradeRow
from services.cli.trial_parties import AddParty, TrialParty, trial_parties

CONCURRENCY = 16
CHECK_SECONDS = 60.0
MAX_TABLE_ROWS = 500
CHECKED_STATUSES = ("accepted", "rejected", "referred")
COLOURS = {"accepted": "green", "rejected": "red", "referred": "yellow"}


@dataclass(frozen=True)
class CountryParties:
    """The parties of one country in a replay."""

    authority: TrialParty
    customs: TrialParty
    trader: TrialParty


@dataclass(frozen=True)
class RowResult:
    """The result of one row: the status of its declaration, or `lost` if it was not checked."""

    row: TradeRow
    status: str
    reason: str = ""
    rules: tuple[str, ...] = ()


class Replay:
    """One replay of a file. It has its own parties, numbers and references, so that one hub can run it again."""

    def __init__(self, add_party: AddParty) -> None:
        self._add_party = add_party
        self._run_id = secrets.token_hex(3).upper()
        self._today = datetime.now(UTC).date()
        self._countries: dict[str, CountryParties] = {}

    def add_country(self, code: str) -> None:
        """Add the authority, the customs and the trader of a country."""
        identifier = {"EORI": f"{code}{self._run_id}"}
        self._countries[code] = CountryParties(
            authority=self._add_party(f"Management Authority of {code}", code, ["authority"]),
            customs=self._add_party(f"Customs of {code}", code, ["customs"]),
            trader=self._add_party(f"Trader of {code}", code, ["trader"], identifier),
        )

    def replay_row(self, row: TradeRow) -> RowResult:
        """Issue and endorse the permit of a row, lodge its declaration, and wait until the hub has checked it."""
        exporter, importer = self._countries[row.exporter], self._countries[row.importer]
        number = f"{row.exporter}-{self._today.year}-{self._run_id}-{row.line}"
        try:
            permit = exporter.authority.hub.issue_permit(
                build_permit(row, number, exporter.trader, importer.trader, self._today)
            )
            endorsed = {"line": "A", "quantity": str(row.exporter_reported)}
            exporter.customs.hub.endorse(permit["id"], {"lines": [endorsed]})
            declared = importer.trader.hub.lodge(
                build_declaration(row, number, exporter.trader, importer.trader), wait=30
            )
            return build_result(row, self._wait_until_checked(importer.trader.hub, declared))
        except HubError as error:
            return RowResult(row, "lost", str(error))

    def _wait_until_checked(self, hub: Hub, declared: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + CHECK_SECONDS
        while declared["status"] not in CHECKED_STATUSES and time.monotonic() < deadline:
            time.sleep(0.2)
            declared = hub.read_declaration(declared["id"])
        return declared


def build_permit(row: TradeRow, number: str, exporter: TrialParty, importer: TrialParty, today: date) -> dict[str, Any]:
    """Return the permit that the exporter's report of a row describes."""
    line = {
        "line": "A",
        "taxon": row.taxon,
        "appendix": row.appendix,
        "source": row.source,
        "term": row.term,
        "quantity": str(row.exporter_reported),
        "unit": row.unit,
        "origin_country": row.exporter,
    }
    return {
        "number": number,
        "kind": "export",
        "issuer": row.exporter,
        "issued_on": (today - timedelta(days=2)).isoformat(),
        "valid_until": (today + timedelta(days=150)).isoformat(),
        "exporter": exporter.as_trader(),
        "importer": importer.as_trader(),
        "export_country": row.exporter,
        "import_country": row.importer,
        "purpose": row.purpose,
        "lines": [line],
    }


def build_declaration(row: TradeRow, number: str, exporter: TrialParty, importer: TrialParty) -> dict[str, Any]:
    """Return the declaration that the importer's report of a row describes."""
    item = {
        "number": 1,
        "taxon": row.taxon,
        "term": row.term,
        "quantity": str(row.importer_reported),
        "unit": row.unit,
        "source": row.source,
        "purpose": row.purpose,
        "origin_country": row.exporter,
        "documents": [{"type": "C400", "number": number, "issuer": row.exporter, "line": "A"}],
    }
    return {
        "reference": f"{importer.identifier}-{row.line}",
        "movement": "import",
        "exporter": exporter.as_trader(),
        "importer": importer.as_trader(),
        "export_country": row.exporter,
        "import_country": row.importer,
        "items": [item],
    }


def build_result(row: TradeRow, declared: dict[str, Any]) -> RowResult:
    """Return the result of a row from its declaration."""
    if declared["status"] not in CHECKED_STATUSES:
        return RowResult(row, "lost", f"the hub has not checked declaration {declared['id']} in {CHECK_SECONDS:.0f} s")
    serious = [finding for finding in declared["findings"] if finding["severity"] != "note"]
    return RowResult(
        row,
        declared["status"],
        "; ".join(describe_finding(finding) for finding in serious),
        tuple(dict.fromkeys(finding["rule"] for finding in serious)),
    )


def describe_finding(finding: dict[str, Any]) -> str:
    """Return a finding in half a line."""
    if finding.get("expected") is None or finding.get("found") is None:
        return str(finding["message"])
    return f"{finding['rule']}: {finding['expected']}, found {finding['found']}"


def run_replay(admin: Hub, rows: Sequence[TradeRow]) -> None:
    """Play all rows and print the results. Raise CommandError if the hub did not check one of them."""
    countries = sorted({row.exporter for row in rows} | {row.importer for row in rows})
    with trial_parties(admin) as add_party, _progress() as progress, ThreadPoolExecutor(CONCURRENCY) as pool:
        replay = Replay(add_party)
        for _ in progress.track(pool.map(replay.add_country, countries), len(countries), description="Parties"):
            pass
        began = time.monotonic()
        played = pool.map(replay.replay_row, rows)
        results = list(progress.track(played, len(rows), description="Permits and declarations"))
    print_results(results, time.monotonic() - began)
    lost = sum(result.status == "lost" for result in results)
    if lost:
        raise CommandError(
            f"The hub did not check {lost} of {len(rows)} rows; the table says why. "
            "Check that the hub and its workers run, then replay the file again."
        )


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
    )


def print_results(results: Sequence[RowResult], seconds: float) -> None:
    """Print the table of results and the totals."""
    shown = list(results)
    if len(shown) > MAX_TABLE_ROWS:
        shown = [result for result in results if result.status != "accepted"][:MAX_TABLE_ROWS]
        out.print(f"The first {len(shown)} rows of {len(results)} that were not accepted:")
    out.print(_table(shown))
    count = Counter(result.status for result in results)
    parts = [f"{count[status]} {status}" for status in (*CHECKED_STATUSES, "lost")]
    out.print(f"\n{len(results)} rows in {seconds:.1f} s: {', '.join(parts)}", style="bold")
    for rule, times in Counter(rule for result in results for rule in result.rules).most_common():
        out.print(f"  {times:>5} for {rule}", markup=False)


def _table(results: Sequence[RowResult]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for heading in ("line", "from", "to", "taxon", "term", "exported", "imported", "unit", "result", "reason"):
        table.add_column(
            heading,
            justify="right" if heading in {"line", "exported", "imported"} else "left",
            no_wrap=heading != "reason",
        )
    for result in results:
        row = result.row
        table.add_row(
            str(row.line),
            row.exporter,
            row.importer,
            Text(row.taxon),
            row.term,
            f"{row.exporter_reported:f}",
            f"{row.importer_reported:f}",
            row.unit,
            Text(result.status, style=COLOURS.get(result.status, "bold red")),
            Text(result.reason),
        )
    return table
