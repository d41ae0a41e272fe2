"""The reports read each row of the ledger a few times, whatever PostgreSQL knows about the tables.

The tests count rows, not seconds. The tables are not analyzed, so PostgreSQL underestimates them as on a new hub.
"""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.synthetic_rows import insert_permits
from services.cli.databases import Server
from services.permits.actions import reports as report_actions
from services.permits.store import reports
from shared.contracts.closed_sets import Side
from shared.database import create_engine
from tests.statement_plans import prepared_plans

PERMITS = 3_000
YEAR = 2026
EXECUTIONS = 8
"""PostgreSQL considers a plan for all values from the sixth execution of a statement."""
MAX_VISITS_PER_PERMIT = 40
"""Visited rows of one report for each permit. A join of two derived sets would visit `PERMITS` rows for each."""


@pytest.fixture
async def one_connection(permits_db: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """An engine with one connection, so that every report executes the same prepared statements."""
    engine = create_engine(permits_db.url.render_as_string(hide_password=False), connections=1)
    yield engine
    await engine.dispose()


def count_visits(node: dict[str, Any]) -> int:
    """Return the rows that a node of an executed plan and all nodes below it produced or threw away."""
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    own = sum(node.get(name, 0) for name in names) * node["Actual Loops"]
    return int(own) + sum(count_visits(child) for child in node.get("Plans", ()))


async def execute_plan(db: AsyncEngine, server: Server, query: Select[Any], mode: str) -> dict[str, Any]:
    """Execute a query in a plan mode of PostgreSQL. Return its plan with the rows of each node."""
    written = query.compile(dialect=db.dialect, compile_kwargs={"render_postcompile": True})
    given = written.construct_params()
    admin = await server.connect_as_superuser(str(db.url.database))
    await admin.execute(f"SET plan_cache_mode = {mode}")
    found = await admin.fetchval(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {written}", *(given[name] for name in written.positiontup or ())
    )
    await admin.close()
    plan: dict[str, Any] = json.loads(found)[0]["Plan"]
    return plan


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_import_report_visits_each_permit_a_few_times(permits_db: AsyncEngine, server: Server, mode: str) -> None:
    await insert_permits(permits_db, PERMITS)
    plan = await execute_plan(permits_db, server, reports.imports_query(YEAR, "FR"), mode)
    assert plan["Actual Rows"] == PERMITS
    assert count_visits(plan) < MAX_VISITS_PER_PERMIT * PERMITS, json.dumps(plan, indent=1)


async def test_repeated_report_is_planned_for_its_values(one_connection: AsyncEngine) -> None:
    await insert_permits(one_connection, 10)
    for _ in range(EXECUTIONS):
        for lines in (
            report_actions.annual_report(one_connection, YEAR, Side.IMPORT, "FR"),
            report_actions.annual_report(one_connection, YEAR, Side.EXPORT, "ZA"),
            report_actions.mirror_report(one_connection, YEAR, "FR"),
        ):
            async with aclosing(lines):
                assert len([piece async for piece in lines]) == 1
    plans = await prepared_plans(one_connection, "FROM ledger")
    assert sum(plan.custom for plan in plans) >= 3 * EXECUTIONS
    assert [plan for plan in plans if plan.generic] == []
