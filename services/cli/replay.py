"""`saola replay`: plays real trade through a hub and tells who was accepted, who was refused and why.

What the exporter reported becomes an issued and endorsed permit, what the importer reported a declaration that cites
it. Rows are played side by side; each declaration is followed until its checks are done, so that none is lost.
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
from services.cli.console import Trouble, err, out
from services.cli.trade_rows import Row
from services.cli.trial_parties import Member, join

SIDE_BY_SIDE = 16
CHECK_SECONDS = 60.0
LONGEST_TABLE = 500
CHECKED = ("accepted", "rejected", "referred")
COLOURS = {"accepted": "green", "rejected": "red", "referred": "yellow"}


@dataclass(frozen=True)
class Country:
    """Who acts for one country in the play."""

    authority: Member
    customs: Member
    trader: Member


@dataclass(frozen=True)
class Outcome:
    """What became of one row: a status of the contract, or `lost` when it could not be played to its end."""

    row: Row
    status: str
    why: str = ""
    rules: tuple[str, ...] = ()


class Play:
    """One play of a file; its own parties, numbers and references, so that it may be repeated on the same hub."""

    def __init__(self, admin: Hub) -> None:
        self._admin = admin
        self._mark = secrets.token_hex(3).upper()
        self._today = datetime.now(UTC).date()
        self._countries: dict[str, Country] = {}

    def add_country(self, code: str) -> None:
        """Add the authority, the customs and the trader of a country."""
        identifier = {"EORI": f"{code}{self._mark}"}
        self._countries[code] = Country(
            authority=join(self._admin, f"Management Authority of {code}", code, ["authority"]),
            customs=join(self._admin, f"Customs of {code}", code, ["customs"]),
            trader=join(self._admin, f"Trader of {code}", code, ["trader"], identifier),
        )

    def row(self, row: Row) -> Outcome:
        """Issue, endorse, declare, and follow the declaration until it is checked."""
        exporter, importer = self._countries[row.exporter], self._countries[row.importer]
        number = f"{row.exporter}-{self._today.year}-{self._mark}-{row.line}"
        try:
            permit = exporter.authority.hub.issue_permit(
                permit_of(row, number, exporter.trader, importer.trader, self._today)
            )
            endorsed = {"line": "A", "quantity": str(row.exporter_reported)}
            exporter.customs.hub.endorse(permit["id"], {"lines": [endorsed]})
            declared = importer.trader.hub.declare(
                declaration_of(row, number, exporter.trader, importer.trader), wait=30
            )
            return outcome_of(row, self._followed(importer.trader.hub, declared))
        except HubError as error:
            return Outcome(row, "lost", str(error))

    def _followed(self, hub: Hub, declared: dict[str, Any]) -> dict[str, Any]:
        ends = time.monotonic() + CHECK_SECONDS
        while declared["status"] not in CHECKED and time.monotonic() < ends:
            time.sleep(0.2)
            declared = hub.declaration(declared["id"])
        return declared


def permit_of(row: Row, number: str, exporter: Member, importer: Member, today: date) -> dict[str, Any]:
    """Write the permit the exporter's report stands for."""
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
        "exporter": exporter.trader(),
        "importer": importer.trader(),
        "export_country": row.exporter,
        "import_country": row.importer,
        "purpose": row.purpose,
        "lines": [line],
    }


def declaration_of(row: Row, number: str, exporter: Member, importer: Member) -> dict[str, Any]:
    """Write the declaration the importer's report stands for."""
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
        "exporter": exporter.trader(),
        "importer": importer.trader(),
        "export_country": row.exporter,
        "import_country": row.importer,
        "items": [item],
    }


def outcome_of(row: Row, declared: dict[str, Any]) -> Outcome:
    """Read what the checks said."""
    if declared["status"] not in CHECKED:
        return Outcome(row, "lost", f"declaration {declared['id']} is not checked after {CHECK_SECONDS:.0f} s")
    held = [finding for finding in declared["findings"] if finding["severity"] != "note"]
    return Outcome(
        row,
        declared["status"],
        "; ".join(why(finding) for finding in held),
        tuple(dict.fromkeys(finding["rule"] for finding in held)),
    )


def why(finding: dict[str, Any]) -> str:
    """Say a finding in half a line."""
    if finding.get("expected") is None or finding.get("found") is None:
        return str(finding["message"])
    return f"{finding['rule']}: {finding['expected']}, found {finding['found']}"


def play(admin: Hub, rows: Sequence[Row]) -> None:
    """Play all rows and tell the outcome; raises Trouble when a row did not reach its final check."""
    game = Play(admin)
    countries = sorted({row.exporter for row in rows} | {row.importer for row in rows})
    with _progress() as progress, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for _ in progress.track(pool.map(game.add_country, countries), len(countries), description="Parties"):
            pass
        began = time.monotonic()
        played = pool.map(game.row, rows)
        outcomes = list(progress.track(played, len(rows), description="Permits and declarations"))
    tell(outcomes, time.monotonic() - began)
    lost = sum(outcome.status == "lost" for outcome in outcomes)
    if lost:
        raise Trouble(f"{lost} of {len(rows)} rows did not reach their final check; the table says why.")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
    )


def tell(outcomes: Sequence[Outcome], seconds: float) -> None:
    """Print the table of outcomes and the totals."""
    told = list(outcomes)
    if len(told) > LONGEST_TABLE:
        told = [outcome for outcome in outcomes if outcome.status != "accepted"][:LONGEST_TABLE]
        out.print(f"Of {len(outcomes)} rows, the first {len(told)} that were not accepted:")
    out.print(_table(told))
    count = Counter(outcome.status for outcome in outcomes)
    parts = [f"{count[status]} {status}" for status in (*CHECKED, "lost")]
    out.print(f"\n{len(outcomes)} rows in {seconds:.1f} s: {', '.join(parts)}", style="bold")
    for rule, times in Counter(rule for outcome in outcomes for rule in outcome.rules).most_common():
        out.print(f"  {times:>5} for {rule}", markup=False)


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for heading in ("line", "from", "to", "taxon", "term", "exported", "imported", "unit", "outcome", "why"):
        table.add_column(
            heading,
            justify="right" if heading in {"line", "exported", "imported"} else "left",
            no_wrap=heading != "why",
        )
    for outcome in outcomes:
        row = outcome.row
        table.add_row(
            str(row.line),
            row.exporter,
            row.importer,
            Text(row.taxon),
            row.term,
            f"{row.exporter_reported:f}",
            f"{row.importer_reported:f}",
            row.unit,
            Text(outcome.status, style=COLOURS.get(outcome.status, "bold red")),
            Text(outcome.why),
        )
    return table
