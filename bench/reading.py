"""Reads of much: a permit by its number among many and few, a name in the listing, a year's report of a million rows.

Each by HTTP from permits, or through the same engine as what it is compared with; rounds are interleaved.
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
from bench.accept import _answers, _process
from bench.permits_service import AUTHORITY, Place, place, serving
from bench.synthetic_rows import fill
from services.cli.ports import free_ports
from services.permits.store.tables import taxa
from shared.database import connect

FEW, MANY = 10_000, 1_000_000
ROUNDS = 5
READS = 300
"""Reads a round."""
ISSUED = 2026
"""The year in which the many were used."""


async def measure() -> dict[str, Any]:
    """Measure all on one server."""
    async with place() as here:
        few = await here.another("few")
        found = await species_index_load.measured(here)
        await _vacuum(here, "permits")
        found |= await _names(here)
        for url, count in ((few, FEW), (here.url(), MANY)):
            engine = connect(url)
            await fill(engine, count)
            await engine.dispose()
        await _vacuum(here, "few", "permits")
        async with serving(here, [few, here.url()]) as urls:
            return found | await _looked_up(here, urls) | await _reported(here, urls[1])


async def _vacuum(here: Place, *databases: str) -> None:
    """Bring the planner's statistics up to date, as a running server does by itself in time."""
    for database in databases:
        admin = await here.server.admin(database)
        await admin.execute("VACUUM ANALYZE", timeout=600)
        await admin.close()


async def _looked_up(here: Place, urls: list[str]) -> dict[str, Any]:
    async with here.caller(urls[0], AUTHORITY) as few, here.caller(urls[1], AUTHORITY) as many:
        await asyncio.gather(_reads(few, FEW), _reads(many, MANY))
        pairs = [(await _reads(few, FEW), await _reads(many, MANY)) for _ in range(ROUNDS)]
    return {
        "few_ms": round(statistics.median(few for few, _ in pairs) * 1000, 2),
        "many_ms": round(statistics.median(many for _, many in pairs) * 1000, 2),
        "many_ratio": round(statistics.median(many / few for few, many in pairs), 2),
    }


async def _reads(http: httpx2.AsyncClient, count: int) -> float:
    """Look permits up by their number; answers the median of the seconds it took."""
    took = []
    for _ in range(READS):
        query = {"number": f"ZA-{random.randint(1, count)}", "issuer": "ZA"}
        began = time.perf_counter()
        answer = await http.get("/v1/permits", params=query)
        took.append(time.perf_counter() - began)
        if len(answer.json()["data"]) != 1:
            raise RuntimeError(f"a permit was not found: {answer.text[:200]}")
    return statistics.median(took)


async def _names(here: Place) -> dict[str, Any]:
    """Resolve names in the listing that was loaded, and select rows of it by their primary key, in turn."""
    engine = connect(here.url())
    async with engine.connect() as conn:
        rows = (await conn.execute(select(taxa.c.id, taxa.c.name).limit(5_000))).all()
    await engine.dispose()
    port, keys = free_ports(1)[0], str(here.folder / "key.public.json")
    async with (
        serving(here, [here.url()]) as urls,
        _process("bench.primary_key_endpoint", str(port), here.url(), keys, env={}),
    ):
        await _answers(f"http://127.0.0.1:{port}/readyz")
        async with here.caller(urls[0], AUTHORITY) as named, here.caller(f"http://127.0.0.1:{port}", AUTHORITY) as bare:

            async def resolve() -> httpx2.Response:
                return await named.get("/v1/reference/taxa", params={"name": random.choice(rows).name})

            async def by_key() -> httpx2.Response:
                return await bare.get(f"/taxa/{random.choice(rows).id}")

            for act in (resolve, by_key):
                await _rate(act)
            pairs = [(await _rate(by_key), await _rate(resolve)) for _ in range(ROUNDS)]
    return {
        "names_per_second": round(statistics.median(names for _, names in pairs)),
        "keys_per_second": round(statistics.median(keys for keys, _ in pairs)),
        "names_ratio": round(statistics.median(names / keys for keys, names in pairs), 2),
    }


async def _rate(ask: Callable[[], Awaitable[httpx2.Response]]) -> float:
    """Ask one after the other; answers how many were answered with one thing a second."""
    began = time.perf_counter()
    for _ in range(READS):
        answer = await ask()
        if len(answer.json()["data"]) != 1:
            raise RuntimeError(f"not one was found: {answer.text[:200]}")
    return READS / (time.perf_counter() - began)


async def _reported(here: Place, url: str) -> dict[str, Any]:
    """Read a year's report, and look at the memory of the process that writes it: early, and at its highest."""
    port = httpx2.URL(url).port
    process = next(one for one in psutil.Process(os.getpid()).children() if _listens(one, port))
    seen, rows, began = [], 0, time.perf_counter()
    query = {"year": str(ISSUED), "side": "export", "country": "ZA"}
    async with here.caller(url, AUTHORITY) as http, http.stream("GET", "/v1/reports/annual", params=query) as answer:
        async for piece in answer.aiter_bytes(1_000_000):
            rows += piece.count(b"\n")
            seen.append(process.memory_info().rss / 1e6)
    return {
        "report_rows": rows - 1,
        "report_seconds": round(time.perf_counter() - began, 1),
        "report_early_mb": round(max(seen[: max(len(seen) // 10, 1)])),
        "report_most_mb": round(max(seen)),
    }


def _listens(process: psutil.Process, port: int | None) -> bool:
    return any(one.laddr and one.laddr.port == port for one in process.net_connections("tcp") if one.status == "LISTEN")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=1))
