"""Deliveries against bare POSTs: claimed, signed, posted, recorded and settled, as a share of the same client's POSTs.

One worker process does both, in turn, to the same sink; the rounds are interleaved and their medians compared.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Embedded, migrate, prepare
from services.notifications.actions import endpoints, intake, parties
from services.notifications.actions.commands import Command
from services.notifications.actions.delivery_worker import PostOffice
from services.notifications.actions.encryption_keys import Keys
from services.notifications.actions.endpoint_policy import House
from services.notifications.clients.webhooks import Receivers
from services.notifications.domain.allowed_addresses import Reach
from services.notifications.domain.delivery_request import Letter
from services.notifications.domain.delivery_result import Outcome
from shared.contracts.messages import Audience, News
from shared.contracts.parties import Party
from shared.contracts.webhooks import NewEndpoint
from shared.database import connect, new_id, now
from shared.gc_tuning import collect_seldom
from shared.signed_tokens import KeyFile, make_keys, make_secret_keys

ROUNDS = 5
ENDPOINTS = 20
EVENTS = 200
TOGETHER = 64
BODY = b"x" * 500


async def measure() -> dict[str, Any]:
    """Measure both, round after round; answers medians a second and their ratio."""
    with tempfile.TemporaryDirectory(prefix="saola-bench-", ignore_cleanup_errors=True) as folder:
        embedded = Embedded(Path(folder) / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            await prepare(server)
            await asyncio.to_thread(migrate, "notifications", server.url("notifications", "notifications_owner"))
            return await by_worker("bench.deliver", server.url("notifications", "notifications_runner"))
        finally:
            await asyncio.to_thread(embedded.stop)


async def by_worker(module: str, database: str) -> dict[str, Any]:
    """Run a module of the bench as a worker process, beside a sink in another; answers what it found."""
    pipe = asyncio.subprocess.PIPE
    sink = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.sink", stdin=pipe, stdout=pipe)
    assert sink.stdin is not None
    assert sink.stdout is not None
    url = f"http://127.0.0.1:{int(await sink.stdout.readline())}"
    worker = await asyncio.create_subprocess_exec(sys.executable, "-m", module, database, url, stdout=pipe)
    said, _ = await worker.communicate()
    sink.stdin.close()
    await sink.wait()
    found: dict[str, Any] = json.loads(said)
    return found


async def _rounds(database: str, url: str, folder: Path) -> dict[str, Any]:
    engine, keys = connect(database, connections=4), keys_of(folder)
    receivers = Receivers(Reach(loopback=True), keys.signers)
    await receivers.open()
    owner = Party(id=uuid4(), name="Owner", country="FR", roles=("trader",))
    await _prepare(engine, owner, url, keys)
    await _delivered(engine, receivers, owner, keys)
    pairs = [(await _bare(receivers, url), await _delivered(engine, receivers, owner, keys)) for _ in range(ROUNDS)]
    await receivers.close()
    await engine.dispose()
    return {
        "deliveries_per_second": round(statistics.median(pair[1] for pair in pairs)),
        "bare_per_second": round(statistics.median(pair[0] for pair in pairs)),
        "ratio": round(statistics.median(delivered / bare for bare, delivered in pairs), 3),
        "rounds": [{"bare": round(bare), "deliver": round(delivered)} for bare, delivered in pairs],
    }


def keys_of(folder: Path) -> Keys:
    """Make keys that seal and sign, for this run alone; their files stay as long as they are used."""
    secret, signing = folder / "secrets.json", folder / "webhooks.json"
    make_secret_keys(secret)
    make_keys(signing, folder / "public.json")
    return Keys(KeyFile(secret), KeyFile(signing))


async def _prepare(engine: AsyncEngine, owner: Party, url: str, keys: Keys) -> None:
    await parties.learn(engine, [owner], at=now())
    for _ in range(ENDPOINTS):
        new, command = NewEndpoint(url=url), Command(owner.id, uuid4(), b"")
        await endpoints.create(engine, new, command, House(Reach(loopback=True), keys), id=new_id(), at=now())


async def _bare(receivers: Receivers, url: str) -> float:
    """POST as many bodies as a round delivers, some at once, and do nothing else."""
    session, left = receivers._sessions["http"], iter(range(EVENTS * ENDPOINTS))

    async def post() -> None:
        for _ in left:
            async with session.post(url, data=BODY) as answer:
                await answer.read()

    begun = time.perf_counter()
    await asyncio.gather(*(post() for _ in range(TOGETHER)))
    return EVENTS * ENDPOINTS / (time.perf_counter() - begun)


async def _delivered(engine: AsyncEngine, receivers: Receivers, owner: Party, keys: Keys) -> float:
    """Take in a round's events, then let a post office deliver them all; only the latter is timed."""
    for start in range(0, EVENTS, 100):
        await intake.take_in(engine, [news_for(owner) for _ in range(start, min(start + 100, EVENTS))], at=now())
    outcomes: list[Outcome] = []

    async def post(letter: Letter) -> Outcome:
        outcomes.append(await receivers.post(letter))
        if len(outcomes) == EVENTS * ENDPOINTS:
            office.stop()
        return outcomes[-1]

    office = PostOffice(engine, post, keys)
    begun = time.perf_counter()
    await office.run()
    took = time.perf_counter() - begun
    assert all(outcome.delivered for outcome in outcomes), "the sink must take every letter"
    return EVENTS * ENDPOINTS / took


def news_for(owner: Party) -> News:
    """Make an event that this party hears."""
    subject = f"declaration:{uuid4()}"
    data = {"declaration_id": subject[12:], "reference": "B-2026-0001", "status": "accepted", "about": "x" * 250}
    return News(
        id=uuid5(UUID(int=0), subject),
        type="declaration.accepted",
        subject=subject,
        sequence=1,
        at=now(),
        data=data,
        audience=Audience(parties=(owner.id,)),
    )


if __name__ == "__main__":
    collect_seldom()
    with tempfile.TemporaryDirectory() as keys_folder:
        print(json.dumps(uvloop.run(_rounds(sys.argv[1], f"{sys.argv[2]}/hook", Path(keys_folder)))))
