"""Reports over HTTP: the slots of the countries, and the time limits."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from services.cli.databases import Server
from services.permits.actions import reports as report_actions
from services.permits.actions.reports import MAX_CONCURRENT_REPORTS, ReportSlots
from services.permits.api.reports import ReportResponse
from services.permits.store import reports
from shared.problems import Unavailable
from tests.permits.internal_client import InternalClient
from tests.permits.sample_data import AUTHORITY_FR

ANNUAL = {"year": "2026", "side": "import", "country": "FR"}


def test_second_report_of_a_country_is_refused_until_the_first_ends() -> None:
    slots = ReportSlots()
    slots.acquire("FR")
    with pytest.raises(Unavailable, match="Another officer of FR") as refused:
        slots.acquire("FR")
    assert (refused.value.code, refused.value.retry_after) == ("reports-busy", 10)
    slots.acquire("ZA")
    slots.release("FR")
    slots.acquire("FR")


def test_report_beyond_all_slots_is_refused_for_every_country() -> None:
    slots = ReportSlots()
    for number in range(MAX_CONCURRENT_REPORTS):
        slots.acquire(f"C{number}")
    with pytest.raises(Unavailable, match="the most at the same time"):
        slots.acquire("FR")
    slots.release("C0")
    slots.acquire("FR")


async def test_report_that_the_database_does_not_read_in_time_is_refused_and_returns_its_slot(
    internal_client: InternalClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "SECONDS_PER_BATCH", 1)
    database = str(internal_client.app.state.context.engine.url.database)
    admin = await server.connect_as_superuser(database)
    async with admin.transaction():
        await admin.execute("LOCK TABLE ledger")
        for _ in range(2):
            response = await internal_client("GET", "/v1/reports/annual", AUTHORITY_FR, params=ANNUAL)
            assert (response.status_code, response.json()["code"]) == (503, "report-too-slow")
            assert response.headers["Retry-After"] == "60"
    await admin.close()
    response = await internal_client("GET", "/v1/reports/annual", AUTHORITY_FR, params=ANNUAL)
    assert response.status_code == 200


async def test_report_with_a_reader_that_stops_ends_at_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_actions, "MAX_REPORT_SECONDS", 0.05)
    closed = asyncio.Event()
    stopped = asyncio.Event()

    async def lines() -> AsyncGenerator[str]:
        try:
            yield "second line\r\n"
        finally:
            closed.set()

    async def send(message: Any) -> None:
        await stopped.wait()

    async def receive() -> Any:
        await stopped.wait()

    slots = ReportSlots()
    slots.acquire("FR")
    source = lines()
    response = ReportResponse(await anext(source), source, name="report", country="FR", slots=slots)
    with pytest.raises(TimeoutError):
        await response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    assert closed.is_set()
    slots.acquire("FR")
