"""Delivery at scale: one event to 1,000 endpoints, an unresponsive endpoint among 50, and the feed.

One worker process sends to one receiver. Rounds with and without the unresponsive endpoint are interleaved. The bench
reads the feed over HTTP from a service process, page by page, as a partner does.
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

from bench.deliver import create_event, create_keys, run_worker
from bench.internal_calls import SignedCalls
from services.cli.databases import EmbeddedPostgres, Server, create_databases, migrate
from services.cli.ports import free_ports
from services.cli.server_account import temporary_home
from services.notifications.actions import endpoints, intake, parties
from services.notifications.actions.delivery_worker import DeliveryWorker
from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.domain.allowed_addresses import AllowedAddresses
from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.domain.delivery_result import DeliveryResult
from services.notifications.store import metrics
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Caller, Party
from shared.contracts.webhooks import NewEndpoint
from shared.database import create_engine, new_id, now
from shared.gc_tuning import tune_garbage_collector
from shared.idempotency import IdempotentCommand
from shared.key_files import KeyFile, create_encryption_keys, create_signing_keys
from shared.signed_tokens import InternalTokenSigner

FAN_OUT_ENDPOINTS = 1000
PACED_ENDPOINTS = 50
ROUNDS = 3
EVENTS, EVENT_INTERVAL_SECONDS = 60, 0.05
"""Events per round of paced delivery, and the seconds between two: a thousand deliveries per second."""
FEED_EVENTS, PAGE_SIZE = 20_000, 200


async def measure() -> dict[str, Any]:
    """Measure everything on one database."""
    with temporary_home("saola-bench-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            await create_databases(server)
            await asyncio.to_thread(migrate, "notifications", server.url("notifications", "notifications_owner"))
            delivery_results = await run_worker(
                "bench.notifications", server.url("notifications", "notifications_runner")
            )
            return delivery_results | await _measure_feed(server, folder)
        finally:
            await asyncio.to_thread(embedded.stop)


class TimedWorker:
    """A delivery worker that records the time of each response."""

    def __init__(self, engine: AsyncEngine, receivers: WebhookClient, keys: EndpointKeys) -> None:
        self.responded_at: dict[tuple[UUID, UUID], float] = {}
        self._receivers = receivers
        self.worker = DeliveryWorker(engine, self._post, keys)

    async def _post(self, request: DeliveryRequest) -> DeliveryResult:
        result = await self._receivers.post(request)
        if result.is_delivered:
            self.responded_at[request.event_id, request.endpoint_id] = time.perf_counter()
        return result

    async def wait_for_responses(self, count: int) -> None:
        """Wait for `count` responses, at most 120 seconds."""
        async with asyncio.timeout(120):
            while len(self.responded_at) < count:
                await asyncio.sleep(0.005)


async def _measure_deliveries(database: str, url: str, folder: Path) -> dict[str, Any]:
    engine, keys = create_engine(database, connections=4), create_keys(folder)
    receivers = WebhookClient(AllowedAddresses(loopback=True), keys.signing_keys)
    await receivers.open()
    began = now()
    fan_out_owners, healthy_owners, unresponsive_owners = ([_create_owner()] for _ in range(3))
    await parties.update_copies(engine, [*fan_out_owners, *healthy_owners, *unresponsive_owners], at=now())
    await _create_endpoints(engine, keys, fan_out_owners[0], [f"{url}/hook"] * FAN_OUT_ENDPOINTS)
    await _create_endpoints(engine, keys, healthy_owners[0], [f"{url}/hook"] * PACED_ENDPOINTS)
    await _create_endpoints(
        engine, keys, unresponsive_owners[0], [f"{url}/hook"] * (PACED_ENDPOINTS - 1) + [f"{url}/hang"]
    )
    await _measure_fan_out(engine, receivers, keys, fan_out_owners[0])
    fan_outs = [await _measure_fan_out(engine, receivers, keys, fan_out_owners[0]) for _ in range(ROUNDS)]
    pairs = [
        [
            await _measure_paced(engine, receivers, keys, owner, responding)
            for owner, responding in _paced_pair(healthy_owners, unresponsive_owners)
        ]
        for _ in range(ROUNDS)
    ]
    async with engine.connect() as conn:
        counts = await metrics.count_on_time(conn, since=began, until=now(), limit=timedelta(seconds=10))
    await receivers.close()
    await engine.dispose()
    return {
        "fan_out_seconds": round(statistics.median(fan_outs), 3),
        "p99_ms": round(statistics.median(healthy for healthy, _ in pairs) * 1000, 1),
        "p99_unresponsive_ms": round(statistics.median(unresponsive for _, unresponsive in pairs) * 1000, 1),
        "p99_ratio": round(statistics.median(unresponsive / healthy for healthy, unresponsive in pairs), 2),
        "deliveries": counts.due,
        "sent_within_10_s": round(counts.on_time / counts.due, 4),
    }


def _paced_pair(healthy: Sequence[Party], unresponsive: Sequence[Party]) -> list[tuple[Party, int]]:
    return [(healthy[0], PACED_ENDPOINTS), (unresponsive[0], PACED_ENDPOINTS - 1)]


def _create_owner() -> Party:
    return Party(id=uuid4(), name="Owner", country="FR", roles=(Role.TRADER,))


async def _create_endpoints(engine: AsyncEngine, keys: EndpointKeys, owner: Party, urls: Sequence[str]) -> None:
    policy = EndpointPolicy(AllowedAddresses(loopback=True), keys)
    for url in urls:
        command = IdempotentCommand(id=uuid4(), fingerprint=b"", at=now())
        await endpoints.create(
            engine,
            NewEndpoint(url=url),
            command,
            policy,
            party_id=owner.id,
            endpoint_id=new_id(),
            at=command.at,
        )


async def _measure_fan_out(engine: AsyncEngine, receivers: WebhookClient, keys: EndpointKeys, owner: Party) -> float:
    """Deliver one event to all endpoints. Return the seconds from its intake to the last response."""
    worker = TimedWorker(engine, receivers, keys)
    running = asyncio.create_task(worker.worker.run())
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    await intake.receive_events(engine, [create_event(owner)], at=now())
    await worker.wait_for_responses(FAN_OUT_ENDPOINTS)
    took = max(worker.responded_at.values()) - began
    worker.worker.stop()
    await running
    return took


async def _measure_paced(
    engine: AsyncEngine, receivers: WebhookClient, keys: EndpointKeys, owner: Party, responding: int
) -> float:
    """Deliver events at a fixed pace. Return the 99th percentile of the seconds from intake to response."""
    worker = TimedWorker(engine, receivers, keys)
    running = asyncio.create_task(worker.worker.run())
    received_at: dict[UUID, float] = {}
    for _ in range(EVENTS):
        event = create_event(owner)
        received_at[event.id] = time.perf_counter()
        await intake.receive_events(engine, [event], at=now())
        await asyncio.sleep(EVENT_INTERVAL_SECONDS)
    await worker.wait_for_responses(EVENTS * responding)
    worker.worker.stop()
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await running
    took = [at - received_at[event] for (event, _), at in worker.responded_at.items() if event in received_at]
    return statistics.quantiles(took, n=100)[98]


async def _measure_feed(server: Server, folder: Path) -> dict[str, Any]:
    """Read the complete feed of one party over HTTP. Return the events per second."""
    owner = _create_owner()
    engine = create_engine(server.url("notifications", "notifications_runner"), connections=2)
    await parties.update_copies(engine, [owner], at=now())
    for _ in range(0, FEED_EVENTS, 500):
        await intake.receive_events(engine, [create_event(owner) for _ in range(500)], at=now())
    await engine.dispose()
    port = free_ports(1)[0]
    environment = _environment(server, folder, port)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "services.cli.run", "notifications", env={**os.environ, **environment}
    )
    try:
        rounds = [await _read_feed(f"http://127.0.0.1:{port}", folder, owner) for _ in range(ROUNDS + 1)]
    finally:
        process.terminate()
        await process.wait()
    return {"feed_events_per_second": round(statistics.median(rounds[1:]))}


def _environment(server: Server, folder: Path, port: int) -> dict[str, str]:
    for name in ("gateway", "permits", "webhooks"):
        create_signing_keys(folder / f"{name}.json", folder / f"{name}.public.json")
    create_encryption_keys(folder / "secrets.json")
    return {
        "NOTIFICATIONS_DATABASE_URL": server.url("notifications", "notifications_runner"),
        "NOTIFICATIONS_PORT": str(port),
        "NOTIFICATIONS_GATEWAY_KEYS": str(folder / "gateway.public.json"),
        "NOTIFICATIONS_PERMITS_KEYS": str(folder / "permits.public.json"),
        "NOTIFICATIONS_SECRET_KEYS": str(folder / "secrets.json"),
        "NOTIFICATIONS_SIGNING_KEYS": str(folder / "webhooks.json"),
        "NOTIFICATIONS_LOG_LEVEL": "ERROR",
    }


async def _read_feed(url: str, folder: Path, owner: Party) -> float:
    signer = InternalTokenSigner("gateway", KeyFile(folder / "gateway.json"))
    auth = SignedCalls(signer, Caller(service="gateway", party=owner), audience="notifications")
    async with httpx2.AsyncClient(base_url=url, timeout=30, auth=auth) as http:
        await _wait_until_ready(http)
        began, after, count = time.perf_counter(), "", 0
        while count < FEED_EVENTS:
            page = (await http.get("/v1/events", params={"after": after, "limit": PAGE_SIZE})).json()
            after, count = page["next_cursor"], count + len(page["data"])
        return count / (time.perf_counter() - began)


async def _wait_until_ready(http: httpx2.AsyncClient) -> None:
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
        tune_garbage_collector()
        with tempfile.TemporaryDirectory() as keys_folder:
            print(json.dumps(uvloop.run(_measure_deliveries(sys.argv[1], sys.argv[2], Path(keys_folder)))))
