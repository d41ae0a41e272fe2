"""Checks and reservations per second, over the HTTP intake of permits, against one-row inserts of PostgreSQL.

Each declaration has two items, and each item uses one permit line in part. The bench interleaves the rounds of:

- spread: 1,000 lines, two processes of permits, two dispatchers per process. Each dispatcher cites its own permits, as
  shipments do. So permits checks one batch while PostgreSQL writes another.
- hot: one line of one permit, and one dispatcher.
- the baseline: pgbench.
"""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx2

from bench.permits_service import PermitsEnvironment, build_message, issue_permits, run_permits, start_environment
from bench.pgbench import prepare_pgbench
from shared.database import create_engine

ROUNDS = 5
BATCH_SIZE = 200
"""Submissions in one POST, as the gateway's dispatcher sends them."""
SPREAD, HOT = 4_000, 2_000
"""Declarations per round."""
PROCESSES, DISPATCHERS = 2, 4
PERMITS, LINES = 250, 4
Line = tuple[str, str]


async def measure() -> dict[str, Any]:
    """Measure all in interleaved rounds. Return the medians per second and the medians of their ratios."""
    async with start_environment() as environment:
        engine = create_engine(environment.database_url())
        permits = await issue_permits(engine, PERMITS, lines=LINES, sealer=environment.sealer)
        [hot] = await issue_permits(engine, 1, lines=1, sealer=environment.sealer)
        await engine.dispose()
        async with run_permits(environment, [environment.database_url()] * PROCESSES) as urls:
            return await _measure_rounds(environment, urls, permits, hot)


async def _measure_rounds(
    environment: PermitsEnvironment, urls: list[str], permits: list[dict[str, Any]], hot: dict[str, Any]
) -> dict[str, Any]:
    run_pgbench = prepare_pgbench(environment.server, environment.folder)
    shares = [_lines(permits[n::DISPATCHERS]) for n in range(DISPATCHERS)]
    one = _lines([hot]) * 2
    await _measure_spread(environment, urls, shares)
    run_pgbench()
    rounds = [
        {
            "inserts": run_pgbench(),
            "spread": await _measure_spread(environment, urls, shares),
            "hot": await _measure_dispatch(environment, [(urls[0], [one] * HOT)]),
        }
        for _ in range(ROUNDS)
    ]
    medians = {f"{name}_per_second": round(statistics.median(r[name] for r in rounds)) for name in rounds[0]}
    ratios = {f"{n}_ratio": round(statistics.median(r[n] / r["inserts"] for r in rounds), 3) for n in ("spread", "hot")}
    return {**medians, **ratios, "rounds": [{name: round(rate) for name, rate in r.items()} for r in rounds]}


def _lines(permits: Sequence[dict[str, Any]]) -> list[Line]:
    return [(permit["number"], line["line"]) for permit in permits for line in permit["lines"]]


async def _measure_spread(environment: PermitsEnvironment, urls: list[str], shares: list[list[Line]]) -> float:
    each = SPREAD // DISPATCHERS
    cited = [[random.sample(share, 2) for _ in range(each)] for share in shares]
    return await _measure_dispatch(environment, [(urls[n % PROCESSES], mine) for n, mine in enumerate(cited)])


async def _measure_dispatch(environment: PermitsEnvironment, cited: list[tuple[str, list[list[Line]]]]) -> float:
    """Send one declaration per cited pair of lines, each dispatcher batch after batch. Return the checks per second."""
    bodies = [
        (url, [json.dumps({"letters": [build_message(n) for n in some]}).encode() for some in _split_batches(mine)])
        for url, mine in cited
    ]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(environment.open_client(url)) for url, _ in bodies]
        began = time.perf_counter()
        await asyncio.gather(*(_dispatch(http, mine) for http, (_, mine) in zip(clients, bodies, strict=True)))
        return sum(len(mine) for _, mine in cited) / (time.perf_counter() - began)


async def _dispatch(http: httpx2.AsyncClient, bodies: list[bytes]) -> None:
    for body in bodies:
        await _post(http, body)


def _split_batches(cited: list[list[Line]]) -> list[list[list[Line]]]:
    return [cited[start : start + BATCH_SIZE] for start in range(0, len(cited), BATCH_SIZE)]


async def _post(http: httpx2.AsyncClient, body: bytes) -> None:
    response = (await http.post("/internal/declarations", content=body)).raise_for_status()
    if {one["outcome"] for one in response.json()["answers"]} != {"taken"}:
        raise RuntimeError(f"permits did not accept all submissions: {response.text[:500]}")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=1))
