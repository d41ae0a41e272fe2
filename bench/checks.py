"""Checks and reservations a second, by permits' intake over HTTP, against PostgreSQL's own one-row insert and commit.

Declarations of two items that use a line each in part. Spread: over 1,000 lines, two processes of permits side by
side, each with the couriers of two gateways, the permits of one courier's batches apart from the others', as shipments
are: while PostgreSQL writes one batch down, the next is checked. Hot: all on one line of one permit, one after the
other. The rounds of each and of the yardstick are interleaved.
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

from bench.permits_service import Place, issue, letter, place, serving
from bench.pgbench import pgbench
from shared.database import connect

ROUNDS = 5
BATCH = 200
"""Letters in one POST, as the gateway's courier carries them."""
SPREAD, HOT = 4_000, 2_000
"""Declarations a round."""
PROCESSES, COURIERS = 2, 4
PERMITS, LINES = 250, 4
Line = tuple[str, str]


async def measure() -> dict[str, Any]:
    """Measure all, round after round; answers medians a second and the medians of their ratios."""
    async with place() as here:
        engine = connect(here.url())
        permits = await issue(engine, PERMITS, lines=LINES)
        [hot] = await issue(engine, 1, lines=1)
        await engine.dispose()
        async with serving(here, [here.url()] * PROCESSES) as urls:
            return await _rounds(here, urls, permits, hot)


async def _rounds(here: Place, urls: list[str], permits: list[dict[str, Any]], hot: dict[str, Any]) -> dict[str, Any]:
    yardstick = pgbench(here.server, here.folder)
    shares = [_lines(permits[n::COURIERS]) for n in range(COURIERS)]
    one = _lines([hot]) * 2
    await _spread(here, urls, shares)
    yardstick()
    rounds = [
        {
            "inserts": yardstick(),
            "spread": await _spread(here, urls, shares),
            "hot": await _carried(here, [(urls[0], [one] * HOT)]),
        }
        for _ in range(ROUNDS)
    ]
    middle = {f"{name}_per_second": round(statistics.median(r[name] for r in rounds)) for name in rounds[0]}
    ratios = {f"{n}_ratio": round(statistics.median(r[n] / r["inserts"] for r in rounds), 3) for n in ("spread", "hot")}
    return {**middle, **ratios, "rounds": [{name: round(rate) for name, rate in r.items()} for r in rounds]}


def _lines(permits: Sequence[dict[str, Any]]) -> list[Line]:
    return [(permit["number"], line["line"]) for permit in permits for line in permit["lines"]]


async def _spread(here: Place, urls: list[str], shares: list[list[Line]]) -> float:
    each = SPREAD // COURIERS
    cited = [[random.sample(share, 2) for _ in range(each)] for share in shares]
    return await _carried(here, [(urls[n % PROCESSES], mine) for n, mine in enumerate(cited)])


async def _carried(here: Place, cited: list[tuple[str, list[list[Line]]]]) -> float:
    """Carry a declaration for each, each courier batch after batch; answers how many were checked a second."""
    bodies = [
        (url, [json.dumps({"letters": [letter(n) for n in some]}).encode() for some in _batches(mine)])
        for url, mine in cited
    ]
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(here.caller(url)) for url, _ in bodies]
        began = time.perf_counter()
        await asyncio.gather(*(_courier(http, mine) for http, (_, mine) in zip(callers, bodies, strict=True)))
        return sum(len(mine) for _, mine in cited) / (time.perf_counter() - began)


async def _courier(http: httpx2.AsyncClient, bodies: list[bytes]) -> None:
    for body in bodies:
        await _post(http, body)


def _batches(cited: list[list[Line]]) -> list[list[list[Line]]]:
    return [cited[start : start + BATCH] for start in range(0, len(cited), BATCH)]


async def _post(http: httpx2.AsyncClient, body: bytes) -> None:
    answer = (await http.post("/inside/declarations", content=body)).raise_for_status()
    if {one["outcome"] for one in answer.json()["answers"]} != {"taken"}:
        raise RuntimeError(f"permits did not take all letters: {answer.text[:500]}")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=1))
