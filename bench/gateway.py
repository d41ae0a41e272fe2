"""The gateway: bulk, customs messages, reads, overload, the memory of a bulk, and the baseline.

Permits does not run, so the bench measures the gateway only. Rounds are interleaved; ratios are medians of the rounds.
"""

import asyncio
import json
import os
import resource
import statistics
import sys
import time
from typing import Any

import httpx2
import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.accept import measure_rate, run_gateway, run_load
from bench.processes import run_process, wait_until_ready
from services.cli.databases import EmbeddedPostgres, Server
from services.cli.ports import free_ports
from services.cli.server_account import temporary_home

ROUNDS = 3
SECONDS = 3.0
LINES = 12_000
MEMORY_LINES = 200_000
READS = 400
OVERLOAD_CONNECTIONS = 3_000
"""Connections of the overload: more than the gateway lets wait. Each one repeats its request after Retry-After."""


async def measure() -> dict[str, Any]:
    """Measure everything on one gateway. Raise the limit of open connections to the maximum of the machine."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with temporary_home("saola-bench-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            async with run_gateway(server, folder) as gateway:
                found = await _measure_writes(server, gateway)
                found |= await _measure_reads(gateway, found["accepts_per_second"])
                found |= await _measure_overload(server, gateway)
                return found | await _measure_bulk_memory(gateway)
        finally:
            await asyncio.to_thread(embedded.stop)


async def _measure_writes(server: Server, gateway: dict[str, Any]) -> dict[str, Any]:
    port = free_ports(1)[0]
    one_insert = {"port": port, "path": "/declarations", "headers": {}, "expect": 202}
    customs = gateway | {"media": "application/xml"}
    url = server.url("gateway", "gateway_owner")
    async with run_process("bench.insert_endpoint", str(port), url, env={}):
        await wait_until_ready(f"http://127.0.0.1:{port}/openapi.json")
        for target in (one_insert, gateway, customs):
            await measure_rate(target, 1.0)
        rounds = [
            {
                "single": await measure_rate(gateway, SECONDS),
                "bulk": await _measure_bulk(gateway, LINES),
                "xml": await measure_rate(customs, SECONDS),
                "one_insert": await measure_rate(one_insert, SECONDS),
            }
            for _ in range(ROUNDS)
        ]
    medians = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    ratio = {name: statistics.median(each[name] / each["single"] for each in rounds) for name in ("bulk", "xml")}
    return {
        "accepts_per_second": round(medians["single"]),
        "bulk_per_second": round(medians["bulk"]),
        "bulk_ratio": round(ratio["bulk"], 2),
        "xml_per_second": round(medians["xml"]),
        "xml_ratio": round(ratio["xml"], 2),
        "one_insert_per_second": round(medians["one_insert"]),
        "one_insert_ratio": round(statistics.median(each["single"] / each["one_insert"] for each in rounds), 2),
    }


async def _measure_bulk(gateway: dict[str, Any], lines: int) -> float:
    parameters = gateway | {"host": "127.0.0.1", "path": "/v1/declarations/bulk", "lines": lines, "items": 5}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bulk", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps(parameters).encode() + b"\n")
    found = json.loads(out)
    if found["accepted"] != lines:
        raise RuntimeError(f"not every line was accepted: {found}")
    return float(lines / found["seconds"])


async def _measure_reads(gateway: dict[str, Any], capacity: float) -> dict[str, Any]:
    """Measure reads of one declaration: on the idle gateway, and while it accepts half of its capacity."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{gateway['port']}") as http:
        headers = gateway["headers"] | {"Idempotency-Key": "one", "Content-Type": "application/json"}
        from bench.load_generator import declaration_body

        made = (await http.post("/v1/declarations", content=declaration_body(5, "R-read"), headers=headers)).json()
        idle = await _read_durations(http, made["links"]["self"], gateway["headers"])
        loading = asyncio.create_task(measure_rate(gateway | {"rate": capacity / 2}, 6.0))
        await asyncio.sleep(1.0)
        busy = await _read_durations(http, made["links"]["self"], gateway["headers"])
        await loading
    median, p99 = statistics.median(idle), statistics.quantiles(busy, n=100)[98]
    return {
        "read_idle_ms": round(median * 1000, 2),
        "read_busy_p99_ms": round(p99 * 1000, 2),
        "read_ratio": round(p99 / median, 1),
    }


async def _measure_overload(server: Server, gateway: dict[str, Any]) -> dict[str, Any]:
    """Send three times the capacity, in rounds with the capacity. Check that each 202 is stored."""
    stored_before, ratios, many_connections = (
        await _count_submissions(server),
        [],
        {"connections": OVERLOAD_CONNECTIONS},
    )
    accepted = refused = 0
    slowest = 0.0
    for _ in range(ROUNDS):
        best = await run_load(gateway, SECONDS)
        peak = best["expected"] / best["seconds"]
        overloaded = await run_load(gateway | many_connections | {"rate": 3 * peak}, 2 * SECONDS)
        ratios.append(overloaded["expected"] / overloaded["seconds"] / peak)
        accepted += best["expected"] + overloaded["expected"]
        refused += overloaded["others"].get("503", 0)
        slowest = max(slowest, overloaded["p99_seconds"].get("503", 0.0))
    if await _count_submissions(server) - stored_before != accepted:
        raise RuntimeError(f"{accepted} had a 202, {await _count_submissions(server) - stored_before} are stored")
    ratio = statistics.median(ratios)
    return {"overload_ratio": round(ratio, 2), "overload_refused": refused, "refused_p99_ms": round(slowest * 1000)}


async def _count_submissions(server: Server) -> int:
    engine = create_async_engine(server.url("gateway", "gateway_owner"))
    async with engine.connect() as conn:
        found = (await conn.execute(text("SELECT count(*) FROM submissions"))).scalar_one()
    await engine.dispose()
    return int(found)


async def _read_durations(http: httpx2.AsyncClient, path: str, headers: dict[str, str]) -> list[float]:
    took = []
    for _ in range(READS):
        began = time.perf_counter()
        response = await http.get(path, headers=headers)
        took.append(time.perf_counter() - began)
        if response.status_code != 200:
            raise RuntimeError(f"a read had the status {response.status_code}")
    return took


async def _measure_bulk_memory(gateway: dict[str, Any]) -> dict[str, Any]:
    """Send a long bulk. Return the memory of the gateway during its first tenth, and the maximum."""
    process = _find_gateway_process()
    bulk = asyncio.create_task(_measure_bulk(gateway, MEMORY_LINES))
    seen: list[float] = []
    while not bulk.done():
        seen.append(process.memory_info().rss / 1e6)
        await asyncio.sleep(0.2)
    await bulk
    early = max(seen[: max(len(seen) // 10, 1)])
    return {"memory_early_mb": round(early), "memory_most_mb": round(max(seen)), "memory_lines": MEMORY_LINES}


def _find_gateway_process() -> psutil.Process:
    children = psutil.Process(os.getpid()).children(recursive=True)
    return next(child for child in children if "services.gateway.main" in child.cmdline())


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=1))
