"""How the telling scales: one event to 1,000 endpoints, one black hole among 50, reading the feed, what went in time.

One worker process sends to a sink of its own; rounds with and without the black hole are interleaved. The feed is read
over HTTP from a server process, page after page, as a partner would.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.deliver import by_worker, keys_of, news_for
from services.cli.databases import Embedded, Server, migrate, prepare
from services.cli.ports import free_ports
from services.notifications.actions import endpoints, intake, parties
from services.notifications.actions.commands import Command
from services.notifications.actions.delivery_worker import PostOffice
from services.notifications.actions.encryption_keys import Keys
from services.notifications.actions.endpoint_policy import House
from services.notifications.clients.webhooks import Receivers
from services.notifications.domain.allowed_addresses import Reach
from services.notifications.domain.delivery_request import Letter
from services.notifications.domain.delivery_result import Outcome
from services.notifications.store import metrics
from shared.contracts.parties import Caller, Party
from shared.contracts.webhooks import NewEndpoint
from shared.database import connect, new_id, now
from shared.gc_tuning import collect_seldom
from shared.signed_tokens import InsideSigner, KeyFile, make_keys, make_secret_keys

MANY = 1000
AMONG = 50
ROUNDS = 3
EVENTS, PAUSE = 60, 0.05
"""Events of a round with the black hole, and the seconds between two: a thousand letters a second."""
IN_FEED, PAGE = 20_000, 200


async def measure() -> dict[str, Any]:
    """Measure all of it on one database."""
    with tempfile.TemporaryDirectory(prefix="saola-bench-", ignore_cleanup_errors=True) as folder:
        embedded = Embedded(Path(folder) / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            await prepare(server)
            await asyncio.to_thread(migrate, "notifications", server.url("notifications", "notifications_owner"))
            told = await by_worker("bench.notifications", server.url("notifications", "notifications_runner"))
            return told | await _feed(server, Path(folder))
        finally:
            await asyncio.to_thread(embedded.stop)


class Worker:
    """A post office at work, which notes when each letter was answered."""

    def __init__(self, engine: AsyncEngine, receivers: Receivers, keys: Keys) -> None:
        self.answered: dict[tuple[UUID, UUID], float] = {}
        self._receivers = receivers
        self.office = PostOffice(engine, self._post, keys)

    async def _post(self, letter: Letter) -> Outcome:
        outcome = await self._receivers.post(letter)
        if outcome.delivered:
            self.answered[letter.event_id, letter.endpoint_id] = time.perf_counter()
        return outcome

    async def until(self, count: int) -> None:
        """Wait until so many letters were answered."""
        async with asyncio.timeout(120):
            while len(self.answered) < count:
                await asyncio.sleep(0.005)


async def _told(database: str, url: str, folder: Path) -> dict[str, Any]:
    engine, keys = connect(database, connections=4), keys_of(folder)
    receivers = Receivers(Reach(loopback=True), keys.signers)
    await receivers.open()
    began = now()
    crowd, some, holed = ([_owner()] for _ in range(3))
    await parties.learn(engine, [*crowd, *some, *holed], at=now())
    await _endpoints(engine, keys, crowd[0], [f"{url}/hook"] * MANY)
    await _endpoints(engine, keys, some[0], [f"{url}/hook"] * AMONG)
    await _endpoints(engine, keys, holed[0], [f"{url}/hook"] * (AMONG - 1) + [f"{url}/hang"])
    await _fan_out(engine, receivers, keys, crowd[0])
    fans = [await _fan_out(engine, receivers, keys, crowd[0]) for _ in range(ROUNDS)]
    pairs = [[await _paced(engine, receivers, keys, one, n) for one, n in _both(some, holed)] for _ in range(ROUNDS)]
    async with engine.connect() as conn:
        due, sent = await metrics.punctual(conn, since=began, until=now(), limit=timedelta(seconds=10))
    await receivers.close()
    await engine.dispose()
    return {
        "fan_out_seconds": round(statistics.median(fans), 3),
        "p99_ms": round(statistics.median(well for well, _ in pairs) * 1000, 1),
        "p99_beside_a_black_hole_ms": round(statistics.median(ill for _, ill in pairs) * 1000, 1),
        "p99_ratio": round(statistics.median(ill / well for well, ill in pairs), 2),
        "letters": due,
        "sent_within_10_s": round(sent / due, 4),
    }


def _both(some: Sequence[Party], holed: Sequence[Party]) -> list[tuple[Party, int]]:
    return [(some[0], AMONG), (holed[0], AMONG - 1)]


def _owner() -> Party:
    return Party(id=uuid4(), name="Owner", country="FR", roles=("trader",))


async def _endpoints(engine: AsyncEngine, keys: Keys, owner: Party, urls: Sequence[str]) -> None:
    house = House(Reach(loopback=True), keys)
    for url in urls:
        command = Command(owner.id, uuid4(), b"")
        await endpoints.create(engine, NewEndpoint(url=url), command, house, id=new_id(), at=now())


async def _fan_out(engine: AsyncEngine, receivers: Receivers, keys: Keys, owner: Party) -> float:
    """Tell one event to all; answers the seconds from its intake to the last answer."""
    worker = Worker(engine, receivers, keys)
    running = asyncio.create_task(worker.office.run())
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    await intake.take_in(engine, [news_for(owner)], at=now())
    await worker.until(MANY)
    took = max(worker.answered.values()) - began
    worker.office.stop()
    await running
    return took


async def _paced(engine: AsyncEngine, receivers: Receivers, keys: Keys, owner: Party, living: int) -> float:
    """Tell events one after the other; answers the 99th percentile of the seconds from intake to answer."""
    worker = Worker(engine, receivers, keys)
    running = asyncio.create_task(worker.office.run())
    taken: dict[UUID, float] = {}
    for _ in range(EVENTS):
        event = news_for(owner)
        taken[event.id] = time.perf_counter()
        await intake.take_in(engine, [event], at=now())
        await asyncio.sleep(PAUSE)
    await worker.until(EVENTS * living)
    worker.office.stop()
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await running
    took = [at - taken[event] for (event, _), at in worker.answered.items() if event in taken]
    return statistics.quantiles(took, n=100)[98]


async def _feed(server: Server, folder: Path) -> dict[str, Any]:
    """Read the feed of one party from its beginning to its end, over HTTP."""
    owner = _owner()
    engine = connect(server.url("notifications", "notifications_runner"), connections=2)
    await parties.learn(engine, [owner], at=now())
    for _ in range(0, IN_FEED, 500):
        await intake.take_in(engine, [news_for(owner) for _ in range(500)], at=now())
    await engine.dispose()
    port = free_ports(1)[0]
    environment = _environment(server, folder, port)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "services.cli.run", "notifications", env={**os.environ, **environment}
    )
    try:
        rounds = [await _read(f"http://127.0.0.1:{port}", folder, owner) for _ in range(ROUNDS + 1)]
    finally:
        process.terminate()
        await process.wait()
    return {"feed_events_per_second": round(statistics.median(rounds[1:]))}


def _environment(server: Server, folder: Path, port: int) -> dict[str, str]:
    for name in ("gateway", "permits", "webhooks"):
        make_keys(folder / f"{name}.json", folder / f"{name}.public.json")
    make_secret_keys(folder / "secrets.json")
    return {
        "NOTIFICATIONS_DATABASE_URL": server.url("notifications", "notifications_runner"),
        "NOTIFICATIONS_PORT": str(port),
        "NOTIFICATIONS_GATEWAY_KEYS": str(folder / "gateway.public.json"),
        "NOTIFICATIONS_PERMITS_KEYS": str(folder / "permits.public.json"),
        "NOTIFICATIONS_SECRET_KEYS": str(folder / "secrets.json"),
        "NOTIFICATIONS_SIGNING_KEYS": str(folder / "webhooks.json"),
        "NOTIFICATIONS_LOG_LEVEL": "ERROR",
    }


async def _read(url: str, folder: Path, owner: Party) -> float:
    signer = InsideSigner("gateway", KeyFile(folder / "gateway.json"))
    token = signer.token(Caller(service="gateway", party=owner), audience="notifications", at=now())
    async with httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        await _answers(http)
        began, after, count = time.perf_counter(), "", 0
        while count < IN_FEED:
            page = (await http.get("/v1/events", params={"after": after, "limit": PAGE})).json()
            after, count = page["next_cursor"], count + len(page["data"])
        return count / (time.perf_counter() - began)


async def _answers(http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            with suppress(httpx2.TransportError):
                if (await http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(json.dumps(asyncio.run(measure()), indent=1))
    else:
        collect_seldom()
        with tempfile.TemporaryDirectory() as keys_folder:
            print(json.dumps(uvloop.run(_told(sys.argv[1], sys.argv[2], Path(keys_folder)))))
