"""Deliveries per second (claimed, signed, posted, recorded, settled), as a ratio to bare POSTs by the same client.

One worker process does both, to the same receiver. The rounds are interleaved, and the bench compares medians.
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

from services.cli.databases import EmbeddedPostgres, create_databases, migrate
from services.cli.server_account import temporary_home
from services.notifications.actions import endpoints, intake, parties
from services.notifications.actions.delivery_worker import DeliveryWorker
from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.domain.allowed_addresses import AllowedAddresses
from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.domain.delivery_result import DeliveryResult
from shared.contracts.closed_sets import Role
from shared.contracts.messages import Audience, EventMessage
from shared.contracts.parties import Party
from shared.contracts.webhooks import NewEndpoint
from shared.database import create_engine, new_id, now
from shared.gc_tuning import tune_garbage_collector
from shared.idempotency import IdempotentCommand
from shared.key_files import KeyFile, create_encryption_keys, create_signing_keys

ROUNDS = 5
ENDPOINTS = 20
EVENTS = 200
CONCURRENCY = 64
BODY = b"x" * 500


async def measure() -> dict[str, Any]:
    """Measure both in interleaved rounds. Return the medians per second and their ratio."""
    with temporary_home("saola-bench-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            await create_databases(server)
            await asyncio.to_thread(migrate, "notifications", server.url("notifications", "notifications_owner"))
            return await run_worker("bench.deliver", server.url("notifications", "notifications_runner"))
        finally:
            await asyncio.to_thread(embedded.stop)


async def run_worker(module: str, database: str) -> dict[str, Any]:
    """Run a module of the bench as a worker process, with a receiver in another process. Return its result."""
    pipe = asyncio.subprocess.PIPE
    sink = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.sink", stdin=pipe, stdout=pipe)
    assert sink.stdin is not None
    assert sink.stdout is not None
    url = f"http://127.0.0.1:{int(await sink.stdout.readline())}"
    worker = await asyncio.create_subprocess_exec(sys.executable, "-m", module, database, url, stdout=pipe)
    output, _ = await worker.communicate()
    sink.stdin.close()
    await sink.wait()
    found: dict[str, Any] = json.loads(output)
    return found


async def _measure_rounds(database: str, url: str, folder: Path) -> dict[str, Any]:
    engine, keys = create_engine(database, connections=4), create_keys(folder)
    receivers = WebhookClient(AllowedAddresses(loopback=True), keys.signing_keys)
    await receivers.open()
    owner = Party(id=uuid4(), name="Owner", country="FR", roles=(Role.TRADER,))
    await _create_endpoints(engine, owner, url, keys)
    await _measure_delivery(engine, receivers, owner, keys)
    pairs = [
        (await _measure_bare(receivers, url), await _measure_delivery(engine, receivers, owner, keys))
        for _ in range(ROUNDS)
    ]
    await receivers.close()
    await engine.dispose()
    return {
        "deliveries_per_second": round(statistics.median(pair[1] for pair in pairs)),
        "bare_per_second": round(statistics.median(pair[0] for pair in pairs)),
        "ratio": round(statistics.median(delivered / bare for bare, delivered in pairs), 3),
        "rounds": [{"bare": round(bare), "deliver": round(delivered)} for bare, delivered in pairs],
    }


def create_keys(folder: Path) -> EndpointKeys:
    """Create the keys that seal and sign in this run. The files must stay until its end."""
    secret, signing = folder / "secrets.json", folder / "webhooks.json"
    create_encryption_keys(secret)
    create_signing_keys(signing, folder / "public.json")
    return EndpointKeys(KeyFile(secret), KeyFile(signing))


async def _create_endpoints(engine: AsyncEngine, owner: Party, url: str, keys: EndpointKeys) -> None:
    await parties.update_copies(engine, [owner], at=now())
    for _ in range(ENDPOINTS):
        new, command = NewEndpoint(url=url), IdempotentCommand(id=uuid4(), fingerprint=b"", at=now())
        await endpoints.create(
            engine,
            new,
            command,
            EndpointPolicy(AllowedAddresses(loopback=True), keys),
            party_id=owner.id,
            endpoint_id=new_id(),
            at=command.at,
        )


async def _measure_bare(receivers: WebhookClient, url: str) -> float:
    """POST as many bodies as a round delivers, `CONCURRENCY` in parallel. Return the POSTs per second."""
    session, left = receivers._sessions["http"], iter(range(EVENTS * ENDPOINTS))

    async def post() -> None:
        for _ in left:
            async with session.post(url, data=BODY) as response:
                await response.read()

    begun = time.perf_counter()
    await asyncio.gather(*(post() for _ in range(CONCURRENCY)))
    return EVENTS * ENDPOINTS / (time.perf_counter() - begun)


async def _measure_delivery(engine: AsyncEngine, receivers: WebhookClient, owner: Party, keys: EndpointKeys) -> float:
    """Store the events of a round, then deliver them all. Return the deliveries per second, without the storing."""
    for start in range(0, EVENTS, 100):
        await intake.receive_events(
            engine, [create_event(owner) for _ in range(start, min(start + 100, EVENTS))], at=now()
        )
    results: list[DeliveryResult] = []

    async def post(request: DeliveryRequest) -> DeliveryResult:
        results.append(await receivers.post(request))
        if len(results) == EVENTS * ENDPOINTS:
            worker.stop()
        return results[-1]

    worker = DeliveryWorker(engine, post, keys)
    begun = time.perf_counter()
    await worker.run()
    took = time.perf_counter() - begun
    assert all(result.is_delivered for result in results), "the receiver must accept every webhook"
    return EVENTS * ENDPOINTS / took


def create_event(owner: Party) -> EventMessage:
    """Create an event with this party as its audience."""
    subject = f"declaration:{uuid4()}"
    data = {"declaration_id": subject[12:], "reference": "B-2026-0001", "status": "accepted", "about": "x" * 250}
    return EventMessage(
        id=uuid5(UUID(int=0), subject),
        type="declaration.accepted",
        subject=subject,
        sequence=1,
        at=now(),
        data=data,
        audience=Audience(parties=(owner.id,)),
    )


if __name__ == "__main__":
    tune_garbage_collector()
    with tempfile.TemporaryDirectory() as keys_folder:
        print(json.dumps(uvloop.run(_measure_rounds(sys.argv[1], f"{sys.argv[2]}/hook", Path(keys_folder)))))
