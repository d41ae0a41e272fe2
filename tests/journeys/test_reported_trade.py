"""Whole years of trade that both sides reported: each row has the right result, and the reports add up to the rows.

A test plays a few rows of each year. A long run plays more, such as 3,000 of each year:

    SAOLA_TRADE_ROWS=3000 make test ARGS="-n 0 --timeout 7200 tests/journeys/test_reported_trade.py"
"""

import csv
import io
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from services.cli.trial_parties import AddParty, TrialParty, trial_parties
from tests.days import today
from tests.hub import RunningHub, running_hub
from tests.journeys.reported_trade import WEIGHTS, YEARS, Difference, ReportedRow, generate_rows
from tests.waiting import block_until

ROWS = int(os.environ.get("SAOLA_TRADE_ROWS", "20"))
LATE, QUANTITY, NEIGHBOUR, TERM = (
    "CITES-VI.2-late",
    "CITES-box-11-quantity",
    "CITES-box-9-neighbouring-term",
    "CITES-box-9-term",
)
RULES = {
    Difference.NONE: {LATE},
    Difference.LESS: {LATE},
    Difference.MORE: {LATE, QUANTITY},
    Difference.NEIGHBOUR_TERM: {LATE, NEIGHBOUR},
    Difference.OTHER_TERM: {LATE, TERM},
}
REJECTED = {Difference.MORE, Difference.OTHER_TERM}
Totals = dict[str, Decimal]


@dataclass
class Country:
    """The offices and the trader of one country."""

    authority: TrialParty
    customs: TrialParty
    trader: TrialParty


@dataclass
class PlayedRows:
    """The rows of all years after they were played, with their declarations by the number of the permit."""

    hub: RunningHub
    countries: dict[str, Country]
    rows: tuple[ReportedRow, ...]
    declarations: dict[str, dict[str, Any]] = field(default_factory=dict)

    def report(self, path: str, country: str) -> list[dict[str, str]]:
        """Return the rows of a report as the authority of a country reads them."""
        token = self.countries[country].authority.hub.access_token()
        response = httpx2.get(
            f"{self.hub.url}/v1/reports/{path}&country={country}",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=120,
        )
        assert response.status_code == 200, response.text
        return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def played() -> Iterator[PlayedRows]:
    """All rows: permits issued and endorsed in their year, late declarations decided by customs today."""
    rows = tuple(row for year in YEARS for row in generate_rows(ROWS, year))
    with running_hub() as hub, hub.admin() as admin, trial_parties(admin) as add_party, ThreadPoolExecutor(8) as pool:
        codes = sorted({row.exporter for row in rows} | {row.importer for row in rows})
        countries = dict(zip(codes, pool.map(lambda code: _add_country(add_party, code), codes), strict=True))
        played = PlayedRows(hub, countries, rows)
        by_exporter, by_importer = _grouped(rows, lambda row: row.exporter), _grouped(rows, lambda row: row.importer)
        list(pool.map(lambda code: _issue(played, code, by_exporter[code]), by_exporter))
        list(pool.map(lambda code: _lodge(played, code, by_importer[code]), by_importer))
        yield played


def _add_country(add_party: AddParty, code: str) -> Country:
    return Country(
        authority=add_party(f"Authority of {code}", code, ["authority"]),
        customs=add_party(f"Customs of {code}", code, ["customs"]),
        trader=add_party(f"Trader of {code}", code, ["trader"], {"EORI": f"{code}-TRADE"}),
    )


def _grouped(rows: Iterable[ReportedRow], key: Callable[[ReportedRow], str]) -> dict[str, list[ReportedRow]]:
    groups: dict[str, list[ReportedRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _issue(played: PlayedRows, code: str, rows: list[ReportedRow]) -> None:
    """Issue the permits of an exporting country, and endorse each for the quantity that left."""
    country = played.countries[code]
    issued = country.authority.hub.send_bulk("permits", [_permit(played, row) for row in rows])
    for row, result in zip(rows, issued, strict=True):
        assert result["status_code"] == 201, result
        lines = [{"line": "A", "quantity": str(row.exported)}]
        country.customs.hub.endorse(result["id"], {"lines": lines, "endorsed_on": f"{row.year}-04-15"})


def _permit(played: PlayedRows, row: ReportedRow) -> dict[str, Any]:
    line = {
        "line": "A",
        "taxon": row.trade.taxon,
        "appendix": "II",
        "source": row.trade.source,
        "term": row.trade.term,
        "quantity": str(row.exported),
        "unit": row.trade.unit,
        "origin_country": row.exporter,
    }
    return {
        "number": row.permit_number,
        "kind": "export",
        "issuer": row.exporter,
        "issued_on": f"{row.year}-03-01",
        "valid_until": f"{row.year}-08-31",
        "purpose": row.trade.purpose,
        "lines": [line],
        **_sides(played, row),
    }


def _sides(played: PlayedRows, row: ReportedRow) -> dict[str, Any]:
    return {
        "exporter": played.countries[row.exporter].trader.as_trader(),
        "importer": played.countries[row.importer].trader.as_trader(),
        "export_country": row.exporter,
        "import_country": row.importer,
    }


def _lodge(played: PlayedRows, code: str, rows: list[ReportedRow]) -> None:
    """Lodge the declarations of an importing country. Customs overrides the referred ones and releases them."""
    trader, customs = played.countries[code].trader.hub, played.countries[code].customs.hub
    lodged = list(trader.send_bulk("declarations", [_declaration(played, row) for row in rows]))
    for row, result in zip(rows, lodged, strict=True):
        assert result["status_code"] == 202, result
        declared = trader.wait_until_checked(result["id"])
        played.declarations[row.permit_number] = declared
        if declared["status"] == "referred":
            for finding in declared["findings"]:
                if finding["severity"] == "refer":
                    customs.override(declared["id"], {"rule": finding["rule"], "item": 1, "reason": "Proof seen"})
            customs.release(declared["id"])


def _declaration(played: PlayedRows, row: ReportedRow) -> dict[str, Any]:
    document = {"type": "C400", "number": row.permit_number, "issuer": row.exporter, "line": "A", "use": "late"}
    item = {
        "number": 1,
        "taxon": row.trade.taxon,
        "term": row.imported_term,
        "quantity": str(row.imported),
        "unit": row.trade.unit,
        "source": row.trade.source,
        "purpose": row.trade.purpose,
        "origin_country": row.exporter,
        "documents": [document],
    }
    return {"reference": row.permit_number, "movement": "import", "items": [item], **_sides(played, row)}


def _sums(rows: Iterable[ReportedRow], quantity: Callable[[ReportedRow], Decimal]) -> Totals:
    """Return the quantity of each permit."""
    return {row.permit_number: quantity(row) for row in rows}


def _reported(rows: Iterable[dict[str, str]], permit: str, quantity: str) -> Totals:
    return {row[permit]: Decimal(row[quantity]) for row in rows if Decimal(row[quantity])}


def test_reported_trade_has_all_kinds_of_differences(played: PlayedRows) -> None:
    assert {row.difference for row in played.rows} == set(WEIGHTS)
    assert len(played.rows) == len(YEARS) * ROWS


def test_reported_trade_is_checked_row_by_row(played: PlayedRows) -> None:
    wrong = []
    for row in played.rows:
        declared = played.declarations[row.permit_number]
        rules = {finding["rule"] for finding in declared["findings"] if finding["severity"] != "note"}
        status = "rejected" if row.difference in REJECTED else "referred"
        if (declared["status"], rules) != (status, RULES[row.difference]):
            wrong.append((row, declared["status"], rules))
    assert wrong == []


@pytest.mark.parametrize("year", YEARS)
def test_annual_report_of_the_exporter_has_each_row_of_the_year(played: PlayedRows, year: int) -> None:
    for code, rows in _grouped((row for row in played.rows if row.year == year), lambda row: row.exporter).items():
        found = played.report(f"annual?year={year}&side=export", code)
        assert _reported(found, "ExportPermit", "Quantity") == _sums(rows, lambda row: row.exported)
        assert {(row["Appendix"], row["Year"]) for row in found} == {("2", str(year))}
        assert {row["SpeciesName"] for row in found} == {row.trade.taxon for row in rows}


def test_annual_report_of_the_importer_has_each_released_row(played: PlayedRows) -> None:
    for code, rows in _grouped(played.rows, lambda row: row.importer).items():
        released = [row for row in rows if row.difference not in REJECTED]
        found = played.report(f"annual?year={today().year}&side=import", code)
        assert _reported(found, "ExportPermit", "Quantity") == _sums(released, lambda row: row.imported)


@pytest.mark.parametrize("year", YEARS)
def test_mirror_report_of_the_year_has_what_left(played: PlayedRows, year: int) -> None:
    by_country: dict[str, list[ReportedRow]] = defaultdict(list)
    for row in played.rows:
        if row.year == year:
            by_country[row.exporter].append(row)
            by_country[row.importer].append(row)
    for code, rows in by_country.items():
        found = played.report(f"mirror?year={year}", code)
        assert _reported(found, "Permit", "ExporterQuantity") == _sums(rows, lambda row: row.exported)
        assert _reported(found, "Permit", "ImporterQuantity") == {}


def test_mirror_report_of_this_year_has_what_arrived(played: PlayedRows) -> None:
    code = max(_grouped(played.rows, lambda row: row.importer).items(), key=lambda pair: len(pair[1]))[0]
    released = [row for row in played.rows if row.importer == code and row.difference not in REJECTED]
    found = played.report(f"mirror?year={today().year}", code)
    arrived = {row["Permit"]: row for row in found if row["ImportCountry"] == code}
    assert _reported(arrived.values(), "Permit", "ImporterQuantity") == _sums(released, lambda row: row.imported)


def test_balances_after_a_year_leave_what_did_not_arrive(played: PlayedRows) -> None:
    row = next(row for row in played.rows if row.difference is Difference.LESS)
    authority = played.countries[row.exporter].authority.hub
    block_until(lambda: bool(list(authority.list_permits({"number": row.permit_number}))))
    [permit] = authority.list_permits({"number": row.permit_number})
    balance = authority.read_permit(permit["id"])["lines"][0]["balance"]
    assert Decimal(balance["consumed"]) == row.imported
    assert Decimal(balance["endorsed"]) == row.exported
