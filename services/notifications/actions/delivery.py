"""The two transactions of a delivery: claim those that are due, and settle those that were attempted."""

import json
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.actions.intake import next_sequence, notify_owner
from services.notifications.domain import event_payloads
from services.notifications.domain.delivery_request import DeliveryRequest
from services.notifications.domain.delivery_result import DeliveryResult
from services.notifications.domain.rate_limit import allowance, next_send_time
from services.notifications.domain.retry_schedule import next_attempt_time, schedule_for
from services.notifications.store import (
    deliveries,
    delivery_queues,
    endpoints,
    events,
    failure_streaks,
    rate_limits,
    withdrawal_queues,
)
from services.notifications.store.delivery_queues import ClaimedQueue, QueueHead
from shared.cites.events import EventType
from shared.contracts.closed_sets import DeliveryStatus
from shared.contracts.events.endpoints import EndpointDisabled
from shared.database import retry_transaction
from shared.logs import logger
from shared.sealed_secrets import UnreadableSecret

MAX_FAILURE_DURATION = timedelta(days=5)
"""The hub disables an endpoint that has only failures for this long, and on as many days.

A quiet month between two failures is no month of failures, and neither is the wait that a receiver requests.
"""

MAX_CLAIM = timedelta(seconds=90)
"""No claim ends later than this: the longest lease, and the largest difference between clocks."""


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """An attempted delivery: its request, its start and its result."""

    request: DeliveryRequest
    started_at: datetime
    result: DeliveryResult

    @property
    def ended_at(self) -> datetime:
        """The end of the attempt. The pause until the next attempt begins here, however slow the receiver was."""
        return self.started_at + timedelta(milliseconds=self.result.duration_ms)


async def claim(
    engine: AsyncEngine,
    claim_id: UUID,
    *,
    at: datetime,
    lease: timedelta,
    limit: int,
    default_concurrency: int,
    concurrency: Mapping[UUID, int],
    keys: EndpointKeys,
) -> list[DeliveryRequest]:
    """Claim the next deliveries to send, at most `limit`, until the lease ends. Return their requests.

    Workers claim one after the other, so that they count the deliveries in flight to each endpoint correctly over all
    workers. The contents are read after the claim, so that no other worker waits for that.
    """
    async with engine.begin() as conn:
        await delivery_queues.acquire_claim_lock(conn)
        limits = await rate_limits.lock_due(conn, at=at)
        allowances = {
            endpoint_id: allowance(found.rate, found.next_send_at, at) for endpoint_id, found in limits.items()
        }
        claimed = await delivery_queues.claim(
            conn,
            claim_id,
            at=at,
            lease_until=at + lease,
            limit=limit,
            default_concurrency=default_concurrency,
            concurrency=concurrency,
            allowances=allowances,
        )
        sent = Counter(queue.endpoint_id for queue in claimed if queue.endpoint_id in limits)
        await rate_limits.set_next_send(
            conn,
            {
                endpoint_id: next_send_time(limits[endpoint_id].rate, limits[endpoint_id].next_send_at, at, number)
                for endpoint_id, number in sent.items()
            },
        )
    return await _read_requests(engine, claim_id, claimed, keys, at=at) if claimed else []


async def end_late_claims(engine: AsyncEngine, *, at: datetime) -> None:
    """End claims that are longer than any lease. A clock that was ahead for a time set their ends."""
    async with engine.begin() as conn:
        number = await delivery_queues.end_late_claims(conn, latest=at + MAX_CLAIM, at=at)
    if number:
        logger().warning("late_claims.ended", deliveries=number)


async def _read_requests(
    engine: AsyncEngine, claim_id: UUID, claimed: Sequence[ClaimedQueue], keys: EndpointKeys, *, at: datetime
) -> list[DeliveryRequest]:
    """Read the deliveries at the heads of the claimed queues. End the claims on empty queues."""
    attempts_by_queue = {(queue.endpoint_id, queue.subject): queue.attempts for queue in claimed}
    async with engine.begin() as conn:
        heads = await delivery_queues.list_queue_heads(conn, claimed, at=at)
        empty = attempts_by_queue.keys() - {(head.endpoint_id, head.subject) for head in heads}
        if empty:
            rows = [
                {"endpoint_id": endpoint_id, "subject": subject, "claim": claim_id} for endpoint_id, subject in empty
            ]
            still_claimed = await delivery_queues.lock_claimed(conn, rows)
            await delivery_queues.advance(
                conn, [row for row in rows if (row["endpoint_id"], row["subject"]) in still_claimed], at=at
            )
    return [
        _build_request(claim_id, head, attempts_by_queue[head.endpoint_id, head.subject], keys=keys) for head in heads
    ]


def _build_request(claim_id: UUID, head: QueueHead, attempts: int, *, keys: EndpointKeys) -> DeliveryRequest:
    fault = None
    secrets: list[str] = []
    headers: dict[str, str] = {}
    try:
        secrets += [keys.open(secret, head.endpoint_id) for secret in head.secrets]
        headers |= json.loads(keys.open(head.headers, head.endpoint_id)) if head.headers else {}
    except UnreadableSecret as error:
        fault = f"the endpoint's secrets cannot be read: {error}"
    return DeliveryRequest(
        claim_id=claim_id,
        endpoint_id=head.endpoint_id,
        subject=head.subject,
        attempts=attempts,
        delivery_id=head.delivery_id,
        event_id=head.event_id,
        body=head.body.encode(),
        url=head.url,
        secrets=tuple(secrets),
        event_type=head.event_type,
        occurred_at=head.occurred_at,
        headers=tuple(headers.items()),
        format=head.format,
        fault=fault,
    )


async def settle(
    engine: AsyncEngine,
    results: Sequence[AttemptResult],
    *,
    at: datetime,
    schedule: Sequence[timedelta],
    max_failure_duration: timedelta = MAX_FAILURE_DURATION,
) -> None:
    """Store the attempts, and update the queues that this claim still owns: done, due later, or the next delivery.

    A queue that another claim owns by now stays as it is; the attempt is stored even then. Changes of whole endpoints
    have their own transactions: verified, in cooldown, disabled.
    """
    rows = [_queue_row(attempt, schedule) for attempt in results]
    succeeded = {attempt.request.endpoint_id for attempt in results if attempt.result.is_delivered}
    failed = {attempt.request.endpoint_id for attempt in results} - succeeded
    await _mark_verified(engine, results)

    async def work() -> None:
        async with engine.begin() as conn:
            await deliveries.insert_attempts(conn, [_attempt_row(attempt) for attempt in results])
            still_claimed = await delivery_queues.lock_claimed(conn, rows)
            claimed_rows = [row for row in rows if (row["endpoint_id"], row["subject"]) in still_claimed]
            ended = [row for row in claimed_rows if row["due_at"] is None]
            await deliveries.settle(conn, ended, at=at)
            failing = [row for row in claimed_rows if row["due_at"] is not None]
            await delivery_queues.reschedule(conn, failing)
            await withdrawal_queues.overtake_failing(conn, failing, at=at)
            await delivery_queues.advance(conn, ended, at=at)
            await failure_streaks.record(conn, succeeded, failed, at=at)

    await retry_transaction(work)
    await _start_cooldowns(engine, results, at=at)
    for endpoint_id, url in {
        (attempt.request.endpoint_id, attempt.request.url) for attempt in results if attempt.result.is_gone
    }:
        await disable(engine, endpoint_id, url, reason="the receiver answered 410 Gone", at=at)
    await _disable_failing(
        engine,
        {attempt.request.endpoint_id: attempt.request.url for attempt in results},
        failed,
        max_failure_duration,
        at=at,
    )


async def _mark_verified(engine: AsyncEngine, results: Sequence[AttemptResult]) -> None:
    """Mark the endpoints as verified that returned their challenge.

    This comes before the delivery is settled: if the process died in between, the verification would be lost.
    """
    for attempt in results:
        if attempt.request.event_type == EventType.ENDPOINT_VERIFICATION and attempt.result.is_delivered:
            async with engine.begin() as conn:
                await endpoints.mark_verified(conn, attempt.request.endpoint_id, attempt.request.url)


async def _start_cooldowns(engine: AsyncEngine, results: Sequence[AttemptResult], *, at: datetime) -> None:
    """Start the cooldowns of endpoints that responded 429 Too Many Requests (RFC 6585, 4) with `Retry-After`."""
    cooldowns = {
        attempt.request.endpoint_id: at + min(attempt.result.retry_after, rate_limits.MAX_COOLDOWN)
        for attempt in results
        if attempt.result.status == 429 and attempt.result.retry_after
    }
    for endpoint_id, until in cooldowns.items():
        async with engine.begin() as conn:
            await rate_limits.start_cooldown(conn, endpoint_id, until=until)


async def _disable_failing(
    engine: AsyncEngine,
    urls: Mapping[UUID, str],
    failed: Collection[UUID],
    max_failure_duration: timedelta,
    *,
    at: datetime,
) -> None:
    """Disable the endpoints that just failed and have had only failures for `max_failure_duration`, on as many days."""
    if not failed:
        return
    async with engine.connect() as conn:
        failing_ids = await failure_streaks.list_failing(
            conn, failed, before=at - max_failure_duration, days=max_failure_duration.days
        )
    for endpoint_id in failing_ids:
        reason = f"nothing but failures for {max_failure_duration.days} days"
        await disable(engine, endpoint_id, urls[endpoint_id], reason=reason, at=at)


async def disable(engine: AsyncEngine, endpoint_id: UUID, url: str, *, reason: str, at: datetime) -> None:
    """Disable an endpoint, and notify its owner by the feed and by its other endpoints.

    An endpoint that is not active, or has another URL by now, stays as it is.
    """
    async with engine.begin() as conn:
        await events.acquire_intake_lock(conn)
        owner = await endpoints.disable(conn, endpoint_id, url, reason=reason)
        if owner is not None:
            sequence = await next_sequence(conn, event_payloads.endpoint_subject(endpoint_id))
            data = EndpointDisabled(sequence=sequence, endpoint_id=endpoint_id, url=url, reason=reason)
            await notify_owner(conn, data, party_ids=[owner], at=at)


def _queue_row(attempt: AttemptResult, schedule: Sequence[timedelta]) -> dict[str, Any]:
    request, result, attempts = attempt.request, attempt.result, attempt.request.attempts + 1
    due = (
        None
        if result.is_delivered
        else next_attempt_time(
            attempts,
            result,
            attempt.ended_at,
            random.random(),  # noqa: S311
            schedule=schedule_for(request.event_type, schedule),
        )
    )
    return {
        "claim": request.claim_id,
        "endpoint_id": request.endpoint_id,
        "subject": request.subject,
        "delivery_id": request.delivery_id,
        "status": DeliveryStatus.DELIVERED if result.is_delivered else DeliveryStatus.GIVEN_UP,
        "due_at": due,
        "attempts": attempts,
    }


def _attempt_row(attempt: AttemptResult) -> dict[str, Any]:
    result = attempt.result
    return {
        "delivery_id": attempt.request.delivery_id,
        "claim": attempt.request.claim_id,
        "at": attempt.started_at,
        "duration_ms": result.duration_ms,
        "status": result.status,
        "reason": result.reason,
        "answer": result.response_excerpt,
    }
