"""The delivery worker: claims deliveries while it has capacity, sends them at the same time, settles each.

No endpoint waits for another. Each has its own limit of deliveries in flight, and all failing endpoints together have
at most half of the capacity. The worker settles results in batches while other deliveries are in flight. If its process
dies, nothing is lost, because its leases end. Any number of workers run at the same time.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions import delivery
from services.notifications.actions.delivery import MAX_FAILURE_DURATION, AttemptResult
from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.domain.concurrency_limit import INITIAL_CONCURRENCY, is_reduced, next_concurrency
from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.domain.delivery_result import DeliveryResult
from services.notifications.domain.retry_schedule import SCHEDULE
from shared.database import new_id, now
from shared.logs import logger

LEASE = timedelta(seconds=25)
"""Longer than one attempt (15 s) and its settlement; at most 30 s."""
LAUNCH_BATCH_SIZE, LAUNCH_PAUSE_SECONDS = 64, 0.005
"""The number of deliveries that start at once, and the seconds until the next batch.

Many endpoints may share one host. Connections beyond the host's accept queue (usually 128) would be dropped, and TCP
would repeat them only after a second.
"""
SendRequest = Callable[[DeliveryRequest], Awaitable[DeliveryResult]]


class DeliveryWorker:
    """One worker's loop: from the delivery queues of the database to the receivers."""

    def __init__(
        self,
        engine: AsyncEngine,
        send: SendRequest,
        keys: EndpointKeys,
        *,
        schedule: Sequence[timedelta] = SCHEDULE,
        max_failure_duration: timedelta = MAX_FAILURE_DURATION,
        lease: timedelta = LEASE,
        poll_seconds: float = 0.1,
        max_in_flight: int = 1024,
    ) -> None:
        self._engine, self._send_request, self._keys, self._max_failure_duration = (
            engine,
            send,
            keys,
            max_failure_duration,
        )
        self._schedule, self._lease, self._poll_seconds, self._max_in_flight = (
            schedule,
            lease,
            poll_seconds,
            max_in_flight,
        )
        self._in_flight: Counter[UUID] = Counter()
        self._concurrency: dict[UUID, int] = {}
        self._results: list[AttemptResult] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._result_arrived, self._settled = asyncio.Event(), asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Stop claiming. `run` returns when the deliveries in flight have ended and are settled."""
        self._stopping = True
        self._settled.set()

    async def run(self) -> None:
        """Deliver until stopped. Raise an error of the hub's own code: the supervisor then restarts the process."""
        settling = asyncio.create_task(self._settle_loop())
        try:
            while not self._stopping and not settling.done():
                self._settled.clear()
                if not await self._claim_and_send():
                    self._forget_healthy()
                    await self._wait()
            while self._in_flight and not settling.done():
                self._settled.clear()
                await self._wait()
            if settling.done():
                settling.result()
        finally:
            for task in (settling, *self._tasks):
                task.cancel()

    async def _claim_and_send(self) -> int:
        """Claim and start as many deliveries as there is capacity for. Return their number. Wait after an error."""
        capacity = self._max_in_flight - self._in_flight.total()
        if capacity <= 0:
            return 0
        at = now()
        try:
            requests = await delivery.claim(
                self._engine,
                new_id(at),
                at=at,
                lease=self._lease,
                limit=capacity,
                default_concurrency=INITIAL_CONCURRENCY,
                concurrency=self._current_concurrency(),
                keys=self._keys,
            )
        except Exception as error:
            logger().warning("deliveries.lease_failed", error=error)
            await asyncio.sleep(0.5)
            return 0
        for first in range(0, len(requests), LAUNCH_BATCH_SIZE):
            if first:
                await asyncio.sleep(LAUNCH_PAUSE_SECONDS)
            for request in requests[first : first + LAUNCH_BATCH_SIZE]:
                self._start(request)
        return len(requests)

    def _start(self, request: DeliveryRequest) -> None:
        self._in_flight[request.endpoint_id] += 1
        task = asyncio.create_task(self._send(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _current_concurrency(self) -> dict[UUID, int]:
        """Return the limit of deliveries in flight for each endpoint that has one of its own."""
        failing = [endpoint_id for endpoint_id, limit in self._concurrency.items() if is_reduced(limit)]
        failing_use_half = sum(self._in_flight[endpoint_id] for endpoint_id in failing) >= self._max_in_flight // 2
        return self._concurrency | (dict.fromkeys(failing, 0) if failing_use_half else {})

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._settled.wait()
        except TimeoutError:
            pass

    async def _send(self, request: DeliveryRequest) -> None:
        at = now()
        try:
            result = await self._send_request(request)
        except Exception as error:
            logger().error("delivery.failed", delivery=str(request.delivery_id), exc_info=error)
            result = DeliveryResult(status=None, reason="it could not be sent: a fault of the hub", duration_ms=0)
        self._results.append(AttemptResult(request=request, started_at=at, result=result))
        self._result_arrived.set()

    async def _settle_loop(self) -> None:
        while True:
            await self._result_arrived.wait()
            self._result_arrived.clear()
            results, self._results = self._results, []
            await self._settle(results)
            for attempt in results:
                self._record_result(attempt.request.endpoint_id, succeeded=attempt.result.is_delivered)
            self._settled.set()

    async def _settle(self, results: Sequence[AttemptResult]) -> None:
        """Settle results. If the database is away, retry until the leases end: another worker then sends again."""
        deadline = now() + self._lease
        while True:
            try:
                await delivery.settle(
                    self._engine,
                    results,
                    at=now(),
                    schedule=self._schedule,
                    max_failure_duration=self._max_failure_duration,
                )
            except Exception as error:
                logger().warning("deliveries.settle_failed", deliveries=len(results), error=error)
                if now() > deadline:
                    return
                await asyncio.sleep(0.5)
            else:
                return

    def _record_result(self, endpoint_id: UUID, *, succeeded: bool) -> None:
        self._in_flight[endpoint_id] -= 1
        if not self._in_flight[endpoint_id]:
            del self._in_flight[endpoint_id]
        self._concurrency[endpoint_id] = next_concurrency(
            self._concurrency.get(endpoint_id, INITIAL_CONCURRENCY), succeeded=succeeded
        )

    def _forget_healthy(self) -> None:
        """Forget the limits of endpoints that do not fail and have nothing in flight, if there is nothing to send."""
        limits = self._concurrency.items()
        self._concurrency = {
            endpoint_id: limit for endpoint_id, limit in limits if is_reduced(limit) or endpoint_id in self._in_flight
        }
