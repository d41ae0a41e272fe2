"""Several workers: the concurrency and rate limits of an endpoint hold over all of them together."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notifications.actions import delivery
from services.notifications.domain.concurrency_limit import INITIAL_CONCURRENCY
from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.store import delivery_queues
from services.notifications.store.delivery_queues import ClaimedQueue
from shared.database import create_engine, new_id, now
from tests.notifications.actions.test_delivery_leases import worker_process
from tests.notifications.conftest import Service, event_message, party
from tests.notifications.receivers import Receiver, WebhookRequest
from tests.waiting import WAIT_SECONDS, wait_until

LEASE = timedelta(seconds=20)


async def claims(service: Service, number: int) -> list[DeliveryRequest]:
    """Run simultaneous claims, each on its own connection. Return the claimed deliveries."""
    engines = [create_engine(service.settings.database_url, connections=1) for _ in range(number)]

    async def claim(claim_id: UUID) -> list[DeliveryRequest]:
        return await delivery.claim(
            engines[claim_id.int % number],
            claim_id,
            at=now(),
            lease=LEASE,
            limit=500,
            default_concurrency=INITIAL_CONCURRENCY,
            concurrency={},
            keys=service.keys,
        )

    ids = [UUID(int=new_id().int // number * number + n) for n in range(number)]
    claimed = await asyncio.gather(*(claim(claim_id) for claim_id in ids))
    for engine in engines:
        await engine.dispose()
    return [message for one in claimed for message in one]


async def test_simultaneous_claims_share_one_concurrency_limit(service: Service) -> None:
    who = party()
    made = [await service.endpoint(who, f"https://example.com/{n}") for n in range(10)]
    for _ in range(3):
        await service.send_events(*(event_message(to=who) for _ in range(40)))
    claimed = await claims(service, 6)
    assert Counter(str(message.endpoint_id) for message in claimed) == {one["id"]: INITIAL_CONCURRENCY for one in made}
    assert len({message.delivery_id for message in claimed}) == len(claimed)


async def test_simultaneous_claims_share_one_rate_limit(service: Service) -> None:
    who = party()
    await service.endpoint(who, "https://example.com/", rate_limit=20)
    await service.send_events(*(event_message(to=who) for _ in range(40)))
    assert len(await claims(service, 6)) == 2, "what is due in a tenth of a second at 20 a second"


async def test_workers_together_keep_to_the_concurrency_limit(service: Service, receiver: Receiver) -> None:
    flying = most = 0

    async def slowly(received: WebhookRequest) -> None:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.3)
        flying -= 1

    receiver.respond = slowly
    who = party()
    await service.endpoint(who, receiver.url)
    async with worker_process(service, lease_seconds=20), worker_process(service, lease_seconds=20):
        await service.send_events(*(event_message(to=who) for _ in range(3)))
        await wait_until(lambda: len(receiver.requests) == 3)
        await service.send_events(*(event_message(to=who) for _ in range(INITIAL_CONCURRENCY)))
        await wait_until(lambda: len(receiver.requests) == 3 + INITIAL_CONCURRENCY)
    assert most <= INITIAL_CONCURRENCY + 3, "one more for each that it took"


async def test_workers_together_keep_to_the_rate_limit(service: Service, receiver: Receiver) -> None:
    who = party()
    await service.endpoint(who, receiver.url, rate_limit=20)
    await service.send_events(*(event_message(to=who) for _ in range(60)))
    async with worker_process(service, lease_seconds=20), worker_process(service, lease_seconds=20):
        await wait_until(lambda: service.scalar("SELECT count(*) = 60 FROM attempts"))
    took = await service.scalar("SELECT extract(epoch FROM max(at) - min(at)) FROM attempts")
    assert took > 2.2, "58 of 60 wait at 20 per second, 2.9 s; each worker with a limit of its own needs half"


async def test_worker_that_stalls_during_a_claim_loses_the_claim_lock(service: Service) -> None:
    who = party()
    await service.endpoint(who, "https://example.com/")
    await service.send_events(event_message(to=who))
    stalled = create_engine(service.settings.database_url, connections=1)
    async with stalled.connect() as conn:
        await delivery_queues.acquire_claim_lock(conn)
        assert len(await asyncio.wait_for(claims(service, 1), WAIT_SECONDS)) == 1
        await conn.invalidate()
    await stalled.dispose()


async def test_claimed_delivery_of_a_stopped_endpoint_is_not_sent(service: Service) -> None:
    who, header = party(), {"If-Match": "*"}
    paused, deleted = [await service.endpoint(who, f"https://example.com/{n}") for n in range(2)]
    await service.send_events(event_message(to=who))
    async with service.engine.begin() as conn:
        given: dict[str, Any] = {
            "at": now(),
            "lease_until": now() + LEASE,
            "limit": 9,
            "default_concurrency": 9,
            "concurrency": {},
            "allowances": {},
        }
        claimed = await delivery_queues.claim(conn, new_id(), **given)
    where = "/v1/webhook-endpoints"
    mine = {**service.headers_as(who), **header}
    await service.http.patch(f"{where}/{paused['id']}", json={"paused": True}, headers=mine)
    assert (len(claimed), await list_head_endpoints(service, claimed)) == (2, [deleted["id"]])
    async with service.engine.begin() as conn:
        await conn.execute(text("UPDATE endpoints SET status = 'deleted' WHERE id = :id"), {"id": deleted["id"]})
    assert await list_head_endpoints(service, claimed) == []


async def list_head_endpoints(service: Service, claimed: Sequence[ClaimedQueue]) -> list[str]:
    async with service.engine.connect() as conn:
        return [str(head.endpoint_id) for head in await delivery_queues.list_queue_heads(conn, claimed, at=now())]
