"""Reads of large tables: a permit by its number, a name in the listing, an annual report of a million rows.

The bench reads over HTTP from permits, and from the baseline with the same stack. Rounds are interleaved.
"""

import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import psutil
from sqlalchemy import select

from bench import species_index_load
from bench.permits_service import AUTHORITY, PermitsEnvironment, run_permits, start_environment
from bench.processes import run_process, wait_until_ready
from bench.synthetic_rows import insert_permits
from services.cli.ports import free_ports
from services.permits.store.tables import taxa
from shared.database import create_engine

FEW, MANY = 10_000, 1_000_000
ROUNDS = 5
READS = 300
"""Reads per round."""
REPEATED_REPORTS = 8
"""PostgreSQL considers a plan for all values from the sixth execution of a statement on a connection."""
REPORT_YEAR = 2026
"""The year of all movements that `insert_permits` writes."""


async def measure() -> dict[str, Any]:
    """Measure everything on one server."""
    async with start_environment() as environment:
        few = await environment.create_database("few")
        found = await species_index_load.measure(environment)
        await _vacuum(environment, "permits")
        found |= await _measure_names(environment)
        for url, count in ((few, FEW), (environment.database_url(), MANY)):
            engine = create_engine(url)
            await insert_permits(engine, count)
            await engine.dispose()
        await _vacuum(environment, "few", "permits")
        async with run_permits(environment, [few, environment.database_url()]) as urls:
            found |= await _measure_lookups(environment, urls) | await _measure_report(environment, urls[1])
            return found | await _measure_repeated_import_reports(environment, urls[1])


async def _vacuum(environment: PermitsEnvironment, *databases: str) -> None:
    """Update the statistics of the query planner, as autovacuum does on a running server."""
    for database in databases:
        admin = await environment.server.connect_as_superuser(database)
        await admin.execute("VACUUM ANALYZE", timeout=600)
        await admin.close()


async def _measure_lookups(environment: PermitsEnvironment, urls: list[str]) -> dict[str, Any]:
    async with environment.open_client(urls[0], AUTHORITY) as few, environment.open_client(urls[1], AUTHORITY) as many:
        await asyncio.gather(_lookup_median(few, FEW), _lookup_median(many, MANY))
        pairs = [(await _lookup_median(few, FEW), await _lookup_median(many, MANY)) for _ in range(ROUNDS)]
    return {
        "few_ms": round(statistics.median(few for few, _ in pairs) * 1000, 2),
        "many_ms": round(statistics.median(many for _, many in pairs) * 1000, 2),
        "many_ratio": round(statistics.median(many / few for few, many in pairs), 2),
    }


async def _lookup_median(http: httpx2.AsyncClient, count: int) -> float:
    """Find permits by their number. Return the median of the seconds."""
    took = []
    for _ in range(READS):
        query = {"number": f"ZA-{random.randint(1, count)}", "issuer": "ZA"}
        began = time.perf_counter()
        response = await http.get("/v1/permits", params=query)
        took.append(time.perf_counter() - began)
        if len(response.json()["data"]) != 1:
            raise RuntimeError(f"no single permit was found: {response.text[:200]}")
    return statistics.median(took)


async def _measure_names(environment: PermitsEnvironment) -> dict[str, Any]:
    """Resolve names of the loaded listing, and select its rows by primary key, in interleaved rounds."""
    engine = create_engine(environment.database_url())
    async with engine.connect() as conn:
        rows = (await conn.execute(select(taxa.c.id, taxa.c.name).limit(5_000))).all()
    await engine.dispose()
    port, keys = free_ports(1)[0], str(environment.folder / "key.public.json")
    async with (
        run_permits(environment, [environment.database_url()]) as urls,
        run_process("bench.primary_key_endpoint", str(port), environment.database_url(), keys, env={}),
    ):
        await wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        async with (
            environment.open_client(urls[0], AUTHORITY) as named,
            environment.open_client(f"http://127.0.0.1:{port}", AUTHORITY) as bare,
        ):

            async def resolve() -> httpx2.Response:
                return await named.get("/v1/reference/taxa", params={"name": random.choice(rows).name})

            async def read_by_key() -> httpx2.Response:
                return await bare.get(f"/taxa/{random.choice(rows).id}")

            for request in (resolve, read_by_key):
                await _rate(request)
            pairs = [(await _rate(read_by_key), await _rate(resolve)) for _ in range(ROUNDS)]
    return {
        "names_per_second": round(statistics.median(names for _, names in pairs)),
        "keys_per_second": round(statistics.median(keys for keys, _ in pairs)),
        "names_ratio": round(statistics.median(names / keys for keys, names in pairs), 2),
    }


async def _rate(request: Callable[[], Awaitable[httpx2.Response]]) -> float:
    """Send `READS` requests one by one. Return the rate per second. Raise RuntimeError if one does not find one row."""
    began = time.perf_counter()
    for _ in range(READS):
        response = await request()
        if len(response.json()["data"]) != 1:
            raise RuntimeError(f"no single row was found: {response.text[:200]}")
    return READS / (time.perf_counter() - began)


async def _measure_report(environment: PermitsEnvironment, url: str) -> dict[str, Any]:
    """Read an annual report. Return the memory of the process that writes it: in the first tenth, and the maximum."""
    port = httpx2.URL(url).port
    process = next(child for child in psutil.Process(os.getpid()).children() if _is_listening(child, port))
    seen, rows, began = [], 0, time.perf_counter()
    query = {"year": str(REPORT_YEAR), "side": "export", "country": "ZA"}
    async with (
        environment.open_client(url, AUTHORITY) as http,
        http.stream("GET", "/v1/reports/annual", params=query) as response,
    ):
        async for piece in response.aiter_bytes(1_000_000):
            rows += piece.count(b"\n")
            seen.append(process.memory_info().rss / 1e6)
    return {
        "report_rows": rows - 1,
        "report_seconds": round(time.perf_counter() - began, 1),
        "report_early_mb": round(max(seen[: max(len(seen) // 10, 1)])),
        "report_most_mb": round(max(seen)),
    }


async def _measure_repeated_import_reports(environment: PermitsEnvironment, url: str) -> dict[str, Any]:
    """Read the import report as often as PostgreSQL may change to a plan for all values. Return the time to its start.

    The start is the time to the first bytes: PostgreSQL has then read and sorted all rows. The bench does not read the
    rest. A country reads one report at a time, so the next request waits until the service has noticed that.
    """
    starts: list[float] = []
    query = {"year": str(REPORT_YEAR), "side": "import", "country": "FR"}
    importing = AUTHORITY.model_copy(update={"country": query["country"]})
    async with environment.open_client(url, importing) as http:
        while len(starts) < REPEATED_REPORTS:
            began = time.perf_counter()
            async with http.stream("GET", "/v1/reports/annual", params=query) as response:
                first = await anext(response.aiter_bytes())
                if response.status_code == 200:
                    starts.append(time.perf_counter() - began)
                elif b'"reports-busy"' in first:
                    await asyncio.sleep(0.1)
                else:
                    raise RuntimeError(f"the report was refused: {first[:200]!r}")
    return {
        "import_start_seconds": round(statistics.median(starts), 1),
        "import_slowest_ratio": round(max(starts) / starts[0], 2),
    }


def _is_listening(process: psutil.Process, port: int | None) -> bool:
    listening = [each for each in process.net_connections("tcp") if each.status == "LISTEN"]
    return any(each.laddr and each.laddr.port == port for each in listening)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=1))
