"""The time of a claim while 1,000 deliveries wait, and while 1,000,000 wait, on two databases of one server.

Nine tenths of the deliveries wait for their next attempt at endpoints that do not respond. The others are younger and
due. Each claim acquires the claim lock and claims 64 deliveries. The bench rolls it back: every claim finds the same.
"""

import asyncio
import json
import statistics
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import EmbeddedPostgres, Server, create_databases, migrate, restrict_connections
from services.cli.server_account import temporary_home
from services.notifications.store import delivery_queues
from shared.database import create_engine, new_id, now

FEW, MANY = 1_000, 1_000_000
ROUNDS = 15
CLAIMS = 20
LIMIT = 64
ENDPOINTS = 50

FILL_STATEMENTS = (
    "SET LOCAL session_replication_role = replica",
    "INSERT INTO parties VALUES ('00000000-0000-7000-8000-000000000001', 1, false, now())",
    """INSERT INTO endpoints (id, party_id, url, event_types, status, created_at, version)
       SELECT CAST(lpad(to_hex(n), 32, '0') AS uuid), '00000000-0000-7000-8000-000000000001', 'https://b.example/',
              '{*}', 'active', now(), 1 FROM generate_series(1, :endpoints) AS n""",
    """INSERT INTO events (id, position, type, matching_patterns, subject, sequence, at, received_at, body, audience)
       SELECT gen_random_uuid(), n, 'declaration.accepted', '{*}', 'declaration:' || n, 1, now(), now(), '{}', '{}'
       FROM generate_series(1, :deliveries / 10) AS n""",
    """INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
       SELECT gen_random_uuid(), CAST(lpad(
                  to_hex(CASE n % 10 WHEN 0 THEN 11 + n / 10 % (:endpoints - 10) ELSE n % 10 END), 32, '0') AS uuid),
              1 + n / 10, 'declaration:' || 1 + n / 10, 'pending', now()
       FROM generate_series(0, :deliveries - 1) AS n""",
    """INSERT INTO delivery_queues (endpoint_id, subject, due_at, attempts)
       SELECT endpoint_id, subject, now() + CASE WHEN endpoint_id > CAST(lpad('a', 32, '0') AS uuid)
                                                 THEN interval '-1 min' ELSE interval '1 day' END, 0
       FROM deliveries ORDER BY endpoint_id > CAST(lpad('a', 32, '0') AS uuid), position, endpoint_id""",
)
"""Statements that fill a database. They write only valid references, so PostgreSQL need not check each one."""


async def measure() -> dict[str, Any]:
    """Measure both in interleaved rounds. Return the medians in milliseconds and their ratio."""
    with temporary_home("saola-bench-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            await create_databases(server)
            few, many = [await _create_filled_database(server, deliveries) for deliveries in (FEW, MANY)]
            pairs = [(await _measure_claims(few), await _measure_claims(many)) for _ in range(ROUNDS)][1:]
            await few.dispose()
            await many.dispose()
        finally:
            await asyncio.to_thread(embedded.stop)
    return {
        "claim_few_ms": round(statistics.median(pair[0] for pair in pairs) * 1000, 2),
        "claim_many_ms": round(statistics.median(pair[1] for pair in pairs) * 1000, 2),
        "claim_ratio": round(statistics.median(many / few for few, many in pairs), 2),
    }


async def _create_filled_database(server: Server, deliveries: int) -> AsyncEngine:
    name = f"waiting_{deliveries}"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER notifications_owner TEMPLATE notifications')
    await restrict_connections(admin, name, "notifications")
    await admin.close()
    await asyncio.to_thread(migrate, "notifications", server.url(name, "notifications_owner"))
    filler = create_engine(server.url(name, server.user), connections=1)
    async with filler.begin() as conn:
        await conn.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in FILL_STATEMENTS:
            await conn.execute(text(statement), _bind_parameters(statement, deliveries))
    async with filler.connect() as conn:
        autocommit = await conn.execution_options(isolation_level="AUTOCOMMIT")
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
            await autocommit.execute(text(statement))
    await filler.dispose()
    return create_engine(server.url(name, "notifications_runner"), connections=1)


def _bind_parameters(statement: str, deliveries: int) -> dict[str, int]:
    return {
        name: value
        for name, value in {"deliveries": deliveries, "endpoints": ENDPOINTS}.items()
        if f":{name}" in statement
    }


async def _measure_claims(engine: AsyncEngine) -> float:
    took = []
    for _ in range(CLAIMS):
        at = now()
        async with engine.connect() as conn:
            began = time.perf_counter()
            await delivery_queues.acquire_claim_lock(conn)
            claimed = await delivery_queues.claim(
                conn,
                new_id(at),
                at=at,
                lease_until=at + timedelta(seconds=25),
                limit=LIMIT,
                default_concurrency=8,
                concurrency={},
                allowances={},
            )
            took.append(time.perf_counter() - began)
            await conn.rollback()
        if len(claimed) != LIMIT:
            raise RuntimeError(f"{len(claimed)} deliveries were claimed, not {LIMIT}")
    return statistics.median(took)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=1))
