"""No endpoint waits for another: hanging endpoints, a hundred thousand deliveries for a dead one, several workers."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.notifications.actions import delivery, delivery_worker
from services.notifications.domain.concurrency_limit import INITIAL_CONCURRENCY
from services.notifications.store import delivery_queues
from services.notifications.store.rate_limits import MAX_COOLDOWN
from shared.contracts.messages import Audience
from shared.database import create_engine, new_id, now
from tests.notifications.actions.test_delivery_leases import worker_process
from tests.notifications.conftest import (
    OpenReceiver,
    Service,
    event_message,
    have_length,
    party,
    running_worker,
)
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import wait_until

DEAD = 100_000


async def add_pending_deliveries(service: Service, endpoint: str, number: int) -> None:
    """Insert due deliveries of an endpoint, each about another subject."""
    async with service.engine.begin() as conn:
        position = (
            await conn.execute(
                text("UPDATE feed_counter SET position = position + :n RETURNING position - :n"), {"n": number}
            )
        ).scalar_one()
        given: dict[str, Any] = {"first": position + 1, "last": position + number, "endpoint": UUID(endpoint)}
        await conn.execute(
            text("""
                INSERT INTO events (id, position, type, matching_patterns, subject, sequence, at, received_at, body,
                                    audience)
                SELECT gen_random_uuid(), n, 'declaration.accepted', '{declaration.accepted}', 'declaration:' || n, 1,
                       now(), now(), '{"data":{}}', '{"parties":[],"audience_keys":[],"countries":[]}'
                FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
            """),
            given,
        )
        await conn.execute(
            text("""
                INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
                SELECT gen_random_uuid(), :endpoint, n, 'declaration:' || n, 'pending', now()
                FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
            """),
            given,
        )
        await conn.execute(
            text("""
                INSERT INTO delivery_queues (endpoint_id, subject, due_at, attempts)
                SELECT :endpoint, 'declaration:' || n, now(), 0
                FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
            """),
            given,
        )


async def test_delivery_is_not_delayed_by_a_hundred_thousand_for_a_dead_endpoint(
    service: Service, receive: OpenReceiver
) -> None:
    dead, living = party(), party()
    gone, well = await receive(), await receive()
    over = asyncio.Event()

    async def hang(received: WebhookRequest) -> None:
        await over.wait()

    gone.respond = hang
    made = await service.endpoint(dead, gone.url)
    await service.endpoint(living, well.url)
    await add_pending_deliveries(service, made["id"], DEAD)
    async with running_worker(service, seconds=2.0):
        for n in range(5):
            await service.send_events(*(event_message(to=living) for _ in range(20)))
            await wait_until(have_length(20 * n + 20, well.requests))
    over.set()
    assert len({one.id for one in gone.requests}) < 100


async def test_claim_reads_no_more_blocks_with_a_longer_backlog(service: Service) -> None:
    who = party()
    crowded = [(await service.endpoint(who, f"https://example.com/{n}"))["id"] for n in range(20)]
    for endpoint in crowded:
        await add_pending_deliveries(service, endpoint, 50)
    few = await blocks_of_a_claim(service)
    await add_pending_deliveries(service, crowded[0], DEAD)
    assert await blocks_of_a_claim(service) <= 1.3 * few + 40


async def test_claim_is_planned_once_and_scans_no_table(service: Service) -> None:
    who = party()
    await service.endpoint(who, "https://example.com/")
    engine = create_engine(service.settings.database_url, connections=1)
    for _ in range(8):
        await service.send_events(*(event_message(to=who) for _ in range(3)))
        await delivery.claim(
            engine,
            new_id(),
            at=now(),
            lease=timedelta(0),
            limit=64,
            default_concurrency=8,
            concurrency={},
            keys=service.keys,
        )
    asked = """
        SELECT generic_plans, custom_plans FROM pg_prepared_statements
        WHERE statement LIKE '%' || 'verifying' || ' AS%'
    """
    async with engine.connect() as conn:
        [plans] = (await conn.execute(text(asked))).all()
    await engine.dispose()
    assert tuple(plans) == (8, 0), "planning takes as long as claiming"


async def blocks_of_a_claim(service: Service) -> int:
    """Return the number of blocks that PostgreSQL reads for one claim. Roll the claim back."""
    given = {"claim": new_id(), "at": now(), "lease_until": now() + timedelta(seconds=20), "limit": 160}
    given |= {"default_concurrency": 8, "concurrency_ids": [], "concurrency": [], "allowance_ids": [], "allowances": []}
    given |= {"max_cooldown": MAX_COOLDOWN}
    async with service.engine.connect() as conn:
        await delivery_queues.acquire_claim_lock(conn)
        asked = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {delivery_queues._CLAIM.text}")
        [plan] = (await conn.execute(asked, given)).scalar_one()
        await conn.rollback()
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


async def test_hanging_endpoint_among_fifty_keeps_to_its_concurrency_limit(
    service: Service, receive: OpenReceiver
) -> None:
    owners = [party() for _ in range(50)]
    receivers = [await receive() for _ in owners]
    over, flying, most = asyncio.Event(), 0, 0

    async def swallow(received: WebhookRequest) -> None:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await over.wait()
        flying -= 1

    receivers[0].respond = swallow
    for owner, receiver in zip(owners, receivers, strict=True):
        await service.endpoint(owner, receiver.url)
    waits: dict[str, Any] = {"seconds": 60.0, "lease": timedelta(seconds=90)}
    async with (
        running_worker(service, **waits, max_in_flight=128),
        running_worker(service, **waits, max_in_flight=128),
    ):
        for n in range(1, 6):
            await service.send_events(*(event_message(to=owner) for owner in owners for _ in range(4)))
            await wait_until(have_length(4 * n, *(well.requests for well in receivers[1:])))
        held = len(receivers[0].requests)
        over.set()
        await wait_until(lambda: len(receivers[0].requests) == 20)
    assert held <= most <= INITIAL_CONCURRENCY, "two workers that claim in the same instant count what the other took"


async def test_deliveries_start_in_batches_so_that_a_shared_host_accepts_them(
    service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_worker, "LAUNCH_PAUSE_SECONDS", pause := 1.0)
    who = party()
    for _ in range(20):
        await service.endpoint(who, receiver.url)
    await service.send_events(*(event_message(to=who) for _ in range(8)))
    async with running_worker(service):
        await wait_until(lambda: len(receiver.requests) == 160)
    async with service.engine.connect() as conn:
        starts = list((await conn.execute(text("SELECT at FROM attempts ORDER BY at"))).scalars())
    pauses = [n for n in range(1, 160) if starts[n] - starts[n - 1] > timedelta(seconds=pause / 2)]
    assert pauses == [delivery_worker.LAUNCH_BATCH_SIZE, 2 * delivery_worker.LAUNCH_BATCH_SIZE] == [64, 128]


async def test_deliveries_in_flight_of_another_worker_are_counted(service: Service) -> None:
    who = party()
    await service.endpoint(who, "https://example.com/")
    await service.send_events(*(event_message(to=who) for _ in range(30)))
    more: dict[str, Any] = {"limit": 100, "default_concurrency": 8, "concurrency": {}, "keys": service.keys}
    lease = timedelta(seconds=20)
    first = await delivery.claim(service.engine, new_id(), at=now(), lease=lease, **more)
    second = await delivery.claim(service.engine, new_id(), at=now(), lease=lease, **more)
    later = await delivery.claim(service.engine, new_id(), at=now() + timedelta(seconds=21), lease=lease, **more)
    assert (len(first), len(second), len(later)) == (8, 0, 8)


async def test_killed_worker_loses_no_delivery_and_repeats_under_the_same_id(
    service: Service, receive: OpenReceiver
) -> None:
    owners = [party() for _ in range(5)]
    receivers = [await receive() for _ in owners]
    for owner, receiver in zip(owners, receivers, strict=True):
        await service.endpoint(owner, receiver.url)
    subjects = [f"declaration:{uuid4()}" for _ in range(500)]
    messages = [event_message(s, n, to=owners[k % 5]) for n in (1, 2) for k, s in enumerate(subjects)]
    messages += [event_message(audience=Audience(parties=tuple(one.id for one in owners))) for _ in range(800)]
    for start in range(0, len(messages), 200):
        await service.send_events(*messages[start : start + 200])

    assert await service.scalar("SELECT count(*) FROM deliveries") == 5_000

    def received() -> int:
        return sum(len(receiver.requests) for receiver in receivers)

    async with worker_process(service) as worker:
        await wait_until(lambda: received() > 1_500, seconds=120)
        worker.kill()
        await worker.wait()
    async with worker_process(service), worker_process(service):
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"), seconds=120)
    assert sum(len({one.id for one in receiver.requests}) for receiver in receivers) == 5_000
    for number, receiver in enumerate(receivers):
        orders: dict[str, list[int]] = {subject: [] for subject in subjects[number::5]}
        for message in (one.message["data"] for one in receiver.requests):
            orders.get(f"declaration:{message['declaration_id']}", []).append(message["sequence"])
        assert all(list(dict.fromkeys(order)) == [1, 2] for order in orders.values())
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'delivered'") == 5_000
