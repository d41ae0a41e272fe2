"""Workers that die, stall or lose the database: other workers send their deliveries under the same id."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from services.notifications.actions import delivery
from services.notifications.actions.delivery import AttemptResult
from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.domain.delivery_result import DeliveryResult
from services.notifications.domain.retry_schedule import SCHEDULE
from shared.database import new_id, now
from tests.notifications.conftest import Service, event_message, party, running_worker
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import WAIT_SECONDS, wait_until

LEASE = timedelta(seconds=20)
WORKER = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from services.notifications.actions.encryption_keys import EndpointKeys
from shared.signed_tokens import KeyFile
from services.notifications.domain.allowed_addresses import AllowedAddresses
from services.notifications.actions.delivery_worker import DeliveryWorker
from services.notifications.clients.webhooks import WebhookClient
from shared.database import create_engine

async def work():
    receivers = WebhookClient(AllowedAddresses(loopback=True))
    await receivers.open()
    keys = EndpointKeys(KeyFile(Path(sys.argv[2])), KeyFile(Path(sys.argv[3])))
    engine = create_engine(sys.argv[1])
    lease = timedelta(seconds=float(sys.argv[4]))
    await DeliveryWorker(engine, receivers.post, keys, lease=lease, poll_seconds=0.02).run()

asyncio.run(work())
"""


@asynccontextmanager
async def worker_process(service: Service, *, lease_seconds: int = 1) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a worker process with short leases during the block, and kill it at the end."""
    files = [str(file) for file in (service.settings.secret_keys, service.settings.signing_keys)]
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER, service.settings.database_url, *files, str(lease_seconds)),
        cwd=Path(__file__).parents[3],
    )
    try:
        yield worker
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()


async def test_claim_of_a_worker_whose_clock_was_ahead_ends(service: Service, receiver: Receiver) -> None:
    """The worker dies after its clock has gone back by an hour, so only the job ends its claim."""
    who, subject = party(), f"declaration:{uuid4()}"
    await service.endpoint(who, receiver.url)
    await service.send_events(event_message(subject, 1, to=who))
    limits: dict[str, Any] = {"limit": 10, "default_concurrency": 10, "concurrency": {}}
    keys = service.keys
    ahead = now() + timedelta(hours=1)
    claimed = await delivery.claim(service.engine, new_id(), at=ahead, lease=LEASE, keys=keys, **limits)
    assert [request.subject for request in claimed] == [subject]
    assert await delivery.claim(service.engine, new_id(), at=now(), lease=LEASE, keys=keys, **limits) == []
    await delivery.end_late_claims(service.engine, at=now())
    again = await delivery.claim(service.engine, new_id(), at=now(), lease=LEASE, keys=keys, **limits)
    assert [request.subject for request in again] == [subject]
    await delivery.end_late_claims(service.engine, at=now())
    assert await delivery.claim(service.engine, new_id(), at=now(), lease=LEASE, keys=keys, **limits) == []


async def test_killed_worker_loses_no_delivery_in_flight(service: Service, receiver: Receiver) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    await service.endpoint(who, receiver.url)
    hanging, over = True, asyncio.Event()

    async def hang(received: WebhookRequest) -> None:
        if hanging:
            await over.wait()

    receiver.respond = hang
    await service.send_events(event_message(subject, 1, to=who), event_message(subject, 2, to=who))
    async with worker_process(service) as worker:
        await wait_until(lambda: receiver.requests)
        worker.kill()
        await worker.wait()
    hanging = False
    async with running_worker(service):
        await wait_until(lambda: service.scalar("SELECT count(*) = 0 FROM delivery_queues"))
    over.set()
    *repeated, last = [(one.sequence, one.id) for one in receiver.requests]
    assert len(repeated) >= 2, "the worker repeats it before its end, if that is later than the lease"
    assert (set(repeated), last[0]) == ({(1, receiver.requests[0].id)}, 2)


async def claim(service: Service, *, lease: timedelta = LEASE) -> list[DeliveryRequest]:
    claim_id = new_id()
    return await delivery.claim(
        service.engine,
        claim_id,
        at=now(),
        lease=lease,
        limit=100,
        default_concurrency=100,
        concurrency={},
        keys=service.keys,
    )


async def settle(service: Service, message: DeliveryRequest, *, well: bool = True) -> None:
    outcome = DeliveryResult(status=200 if well else 500, reason=None if well else "answered 500", duration_ms=5)
    await delivery.settle(
        service.engine, [AttemptResult(request=message, started_at=now(), result=outcome)], at=now(), schedule=SCHEDULE
    )


async def test_lease_that_ended_cannot_be_settled_by_its_claim(service: Service) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    await service.endpoint(who, "https://example.com")
    await service.send_events(event_message(subject, 1, to=who), event_message(subject, 2, to=who))
    [stale] = await claim(service, lease=timedelta(seconds=-1))
    [fresh] = await claim(service)
    assert (stale.delivery_id, await claim(service)) == (fresh.delivery_id, [])
    await settle(service, stale)
    await settle(service, stale, well=False)
    assert await claim(service) == []
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'delivered'") == 0
    await settle(service, fresh)
    await settle(service, fresh)
    [following] = await claim(service)
    assert following.delivery_id != fresh.delivery_id
    assert await service.scalar("SELECT count(*) FROM attempts") == 2


async def test_delivery_added_during_settlement_of_the_last_is_sent(service: Service) -> None:
    who, subject = party(), f"declaration:{uuid4()}"
    await service.endpoint(who, "https://example.com")
    await service.send_events(event_message(subject, 1, to=who))
    for n in range(2, 42):
        [message] = await claim(service)
        await asyncio.gather(settle(service, message), service.send_events(event_message(subject, n, to=who)))
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'pending'") == 1
    assert len(await claim(service)) == 1


async def test_deliveries_are_sent_once_while_claims_race_with_intakes(service: Service) -> None:
    who = party()
    for n in range(3):
        await service.endpoint(who, f"https://example.com/{n}")
    subjects = [f"declaration:{uuid4()}" for _ in range(5)]
    sent: list[UUID] = []
    over = asyncio.Event()

    async def deliver() -> None:
        for n in range(1, 21):
            await service.send_events(*(event_message(subject, n, to=who) for subject in subjects))

    async def work() -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not (over.is_set() and await service.scalar("SELECT count(*) = 0 FROM delivery_queues")):
                for message in await claim(service):
                    sent.append(message.delivery_id)
                    await settle(service, message)

    async def intake() -> None:
        await deliver()
        over.set()

    await asyncio.gather(intake(), work(), work(), work())
    assert len(sent) == len(set(sent)) == 300
    assert await service.scalar("SELECT count(*) FROM deliveries WHERE status = 'delivered'") == 300


async def test_claim_respects_the_concurrency_limit_of_an_endpoint(service: Service) -> None:
    who, other = party(), party()
    crowded = await service.endpoint(who, "https://example.com/a")
    await service.endpoint(other, "https://example.com/b")
    await service.send_events(*(event_message(to=who) for _ in range(20)), *(event_message(to=other) for _ in range(3)))
    more: dict[str, Any] = {"limit": 50, "default_concurrency": 8, "keys": service.keys}
    shares = {UUID(crowded["id"]): 2}
    taken = await delivery.claim(service.engine, new_id(), at=now(), lease=LEASE, concurrency=shares, **more)
    endpoints = [message.endpoint_id for message in taken]
    assert sorted(endpoints.count(endpoint_id) for endpoint_id in set(endpoints)) == [2, 3]
    assert len(await delivery.claim(service.engine, new_id(), at=now(), lease=LEASE, concurrency={}, **more)) == 6, (
        "what flies already, whoever sent it, counts as well"
    )


async def test_claim_uses_the_whole_concurrency_limit_of_a_healthy_endpoint(service: Service) -> None:
    who = party()
    well = await service.endpoint(who, "https://example.com/a")
    await service.send_events(*(event_message(to=who) for _ in range(20)))
    more: dict[str, Any] = {
        "limit": 50,
        "default_concurrency": 8,
        "keys": service.keys,
        "concurrency": {UUID(well["id"]): 18},
    }
    assert len(await delivery.claim(service.engine, new_id(), at=now(), lease=LEASE, **more)) == 18
