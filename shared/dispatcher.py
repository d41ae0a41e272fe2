"""The dispatcher: a loop that sends outbox messages. If its process dies, no message is lost.

It leases the messages that are due, sends them and settles them. It reschedules those that it could not send, and
never gives one up. It wakes when it receives a message, and polls for the messages of other processes. Any number of
dispatchers run at the same time.

If the receiver fails on a batch, refuses it or takes too long, a second loop splits the batch. It halves it until the
message that fails is alone. The other messages do not wait for that loop. It also sends the messages of a batch that
the receiver put off.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import outbox
from shared.contracts.limits import MESSAGE_BATCH_BYTES
from shared.database import now
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.message_batches import ReceiverError, Refusals, RenderedMessage, split_by_size
from shared.request_context import internal_request
from shared.service_client import ResponseLost, ResponseTimeout, ServiceUnreachable

OutboxMessage = Mapping[str, Any]
"""A row of the outbox table; one of its columns is `id`."""
MAX_SINGLE_ATTEMPTS = Limit(
    5,
    "attempts",
    subject=LimitSubject.SERVICES,
    meaning="Attempts at a message that fails without others",
    beyond="Permits refers a submission; notifications gets an event in its short form; another message is repeated.",
)
MAX_ENQUEUED = Limit(
    4_000,
    "messages",
    subject=LimitSubject.MEMORY,
    meaning="Messages that a dispatcher has in memory",
    beyond="The dispatcher reads them from the database later.",
)
MAX_SUSPECTS = Limit(
    2_000,
    "messages",
    subject=LimitSubject.MEMORY,
    meaning="Messages of failed batches that a dispatcher sends in smaller batches",
    beyond="The dispatcher sends a failed batch again as a whole.",
)
BOUND_SECONDS = 5.0
"""Seconds between two checks that no message is due later than it may be."""
MAX_SINGLE_BACKOFF = timedelta(minutes=1)
"""The longest pause between two attempts at a message that fails without others."""


@dataclass(frozen=True, kw_only=True)
class OutboxRoute:
    """The receiver of an outbox: how messages are rendered and sent to it.

    `send` returns the refusals, or raises ServiceUnreachable, ResponseLost or ReceiverError for the whole batch.
    `is_ready` returns whether the receiver can work now. If the receiver never takes a message, `send_replacement`
    sends something else, and gets the reason. Without it, the dispatcher sends the message again and again.
    """

    render: Callable[[OutboxMessage], bytes]
    send: Callable[[Sequence[RenderedMessage]], Awaitable[Refusals]]
    is_ready: Callable[[], Awaitable[bool]]
    send_replacement: Callable[[OutboxMessage, str], Awaitable[None]] | None = None


def backoff(failures: int, random_fraction: float) -> timedelta:
    """Return the pause after `failures` failures in a row: 0.2 s after the first, doubled up to 2 s, ±25 %."""
    return timedelta(seconds=min(0.1 * 2 ** min(failures, 10), 2.0) * (0.75 + 0.5 * random_fraction))


def single_backoff(failures: int) -> timedelta:
    """Return the pause after `failures` failures of one message: 0.2 s after the first, doubled up to a minute."""
    return min(timedelta(seconds=0.1 * 2 ** min(failures, 20)), MAX_SINGLE_BACKOFF)


class Dispatcher:
    """The sender of one outbox: of its table, or the messages of it that `condition` selects, to one receiver.

    `content` are the columns that make a message large. They limit the bytes that one lease reads.
    """

    def __init__(
        self,
        name: str,
        engine: AsyncEngine,
        table: Table,
        route: OutboxRoute,
        *,
        content: Sequence[Column[Any]] = (),
        batch_size: int = 200,
        poll_seconds: float = 0.25,
        condition: ColumnElement[bool] | None = None,
        on_settled: Callable[[Sequence[UUID]], None] = lambda ids: None,
    ) -> None:
        self.name = name
        self._engine, self._table, self._route = engine, table, route
        self._lease_statement = outbox.lease_statement(table, condition=condition, content=content)
        self._batch_size, self._poll_seconds = batch_size, poll_seconds
        self._on_settled = on_settled
        self._enqueued: deque[OutboxMessage] = deque()
        self._wake_event = asyncio.Event()
        self._failures = 0
        self._polled_at = 0.0
        self._bounded_at = float("-inf")
        self._latest_time = datetime.min.replace(tzinfo=UTC)
        self._delivered_at = 0.0
        self._suspect_groups: deque[Sequence[UUID]] = deque()
        self._suspect_ids: set[UUID] = set()
        self._suspects_event = asyncio.Event()
        self._single_failures: dict[UUID, int] = {}

    @property
    def has_capacity(self) -> bool:
        """Whether `enqueue_leased` may be called. If not, store messages as due now, and the dispatcher finds them."""
        return len(self._enqueued) < MAX_ENQUEUED and self._failures == 0

    def enqueue_leased(self, messages: Sequence[OutboxMessage]) -> None:
        """Add messages that were stored under a lease of this dispatcher, so that it need not read them again."""
        self._enqueued.extend(messages)
        self._wake_event.set()

    def wake(self) -> None:
        """Make the loop look for messages now, because one was stored."""
        self._wake_event.set()

    async def run(self) -> None:
        """Send messages until cancelled."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._run_batches())
            loops.create_task(self._run_suspects())

    async def _run_batches(self) -> None:
        while True:
            try:
                idle = not await self._dispatch_once()
            except Exception as error:
                self._failures += 1
                logger().warning("dispatcher.failed", dispatcher=self.name, error=error)
                idle = False
            await self._wait(idle=idle)

    async def _dispatch_once(self) -> int:
        messages = await self._next_batch()
        unsent = {message["id"]: message for message in self._without_suspects(messages)}
        try:
            rendered = self._render(list(unsent.values()))
            for part in split_by_size([message.content for message in rendered]):
                batch = rendered[part]
                if not await self._send(batch):
                    await self._reschedule(list(unsent.values()))
                    break
                for message in batch:
                    del unsent[message.id]
        except Exception:
            self._enqueue_again(list(unsent.values()))
            raise
        return len(messages)

    def _without_suspects(self, messages: Sequence[OutboxMessage]) -> list[OutboxMessage]:
        """Return the messages that may share a batch. One that failed alone before is sent alone again."""
        self._isolate([[message["id"]] for message in messages if message["id"] in self._single_failures])
        return [message for message in messages if message["id"] not in self._suspect_ids]

    def _render(self, messages: Sequence[OutboxMessage]) -> list[RenderedMessage]:
        """Return the messages that can be rendered. Isolate the others."""
        rendered = []
        for message in messages:
            try:
                rendered.append(RenderedMessage(message["id"], self._route.render(message)))
            except Exception:
                self._isolate([[message["id"]]])
        return rendered

    async def _send(self, batch: Sequence[RenderedMessage]) -> bool:
        """Send a batch as one request of the hub's own: the log lines of both sides carry its id.

        Return False if the receiver is unreachable. Isolate the messages of a batch that fails.
        """
        with internal_request():
            try:
                refusals = await self._route.send(batch)
            except ServiceUnreachable as unreachable:
                self._note_failure(len(batch), str(unreachable))
                return False
            except (ReceiverError, ResponseLost) as failure:
                is_full = len(self._suspect_ids) > MAX_SUSPECTS
                if is_full or isinstance(failure, ResponseTimeout):
                    self._note_failure(len(batch), str(failure))
                if is_full:
                    return False
                self._isolate(_halves([rendered.id for rendered in batch]))
            else:
                self._isolate([await self._settle([rendered.id for rendered in batch], refusals)])
        return True

    def _enqueue_again(self, messages: Sequence[OutboxMessage]) -> None:
        """Keep messages in memory after an error of the database: until their leases end, nothing else sends them."""
        enqueued_ids = {message["id"] for message in self._enqueued}
        self._enqueued.extend(message for message in messages if message["id"] not in enqueued_ids)

    async def _next_batch(self) -> Sequence[OutboxMessage]:
        at = asyncio.get_running_loop().time()
        if self._enqueued and at - self._polled_at < self._poll_seconds:
            return [self._enqueued.popleft() for _ in range(min(self._batch_size, len(self._enqueued)))]
        self._polled_at = at
        async with self._engine.begin() as conn:
            await self._bound_due_times(conn)
            rows = await outbox.lease(
                conn, self._lease_statement, at=now(), limit=self._batch_size, max_bytes=MESSAGE_BATCH_BYTES
            )
            found = [dict(row) for row in rows]
        if found or not self._enqueued:
            return found
        return [self._enqueued.popleft() for _ in range(min(self._batch_size, len(self._enqueued)))]

    async def _bound_due_times(self, conn: AsyncConnection) -> None:
        """Check the due times every 5 s, and at once after this clock went back."""
        clock, at = asyncio.get_running_loop().time(), now()
        if clock - self._bounded_at > BOUND_SECONDS or at < self._latest_time:
            bounded = await outbox.bound_due_times(conn, self._table, at=at)
            if bounded:
                logger().warning("clock_change.found", dispatcher=self.name, messages=bounded)
            self._bounded_at = clock
        self._latest_time = at

    async def _wait(self, *, idle: bool) -> None:
        if self._failures:
            await asyncio.sleep(backoff(self._failures, random.random()).total_seconds())  # noqa: S311
        elif idle and not self._enqueued:
            try:
                async with asyncio.timeout(self._poll_seconds):
                    await self._wake_event.wait()
            except TimeoutError:
                pass
        self._wake_event.clear()

    async def _settle(self, ids: Sequence[UUID], refusals: Refusals) -> list[UUID]:
        """Settle the messages that the receiver stored, and count the failures of those that it refused.

        Return those that it put off.
        """
        self._failures = 0
        self._delivered_at = asyncio.get_running_loop().time()
        settled_ids = [message_id for message_id in ids if message_id not in refusals]
        if settled_ids:
            self._on_settled(settled_ids)
            async with self._engine.begin() as conn:
                await outbox.settle(conn, self._table, settled_ids, at=now())
            self._forget(settled_ids)
        for message_id, reason in refusals.items():
            if reason is not None:
                await self._count_single_failure(message_id, reason)
        return [message_id for message_id, reason in refusals.items() if reason is None]

    def _forget(self, ids: Sequence[UUID]) -> None:
        self._suspect_ids.difference_update(ids)
        for message_id in ids if self._single_failures else ():
            self._single_failures.pop(message_id, None)

    def _note_failure(self, messages: int, reason: str) -> None:
        self._failures += 1
        if self._failures in {1, 10, 100}:
            logger().warning("dispatcher.service_unavailable", dispatcher=self.name, messages=messages, reason=reason)

    async def _reschedule(self, messages: Sequence[OutboxMessage]) -> None:
        """Return messages to the database, and free the memory of those that wait."""
        messages = [*messages, *self._enqueued]
        self._enqueued.clear()
        wait = backoff(self._failures, random.random())  # noqa: S311
        try:
            async with self._engine.begin() as conn:
                await outbox.reschedule(conn, self._table, [message["id"] for message in messages], due_at=now() + wait)
        except Exception:
            self._enqueue_again(messages)
            raise

    def _isolate(self, groups: Sequence[Sequence[UUID]]) -> None:
        """Move groups of messages to the second loop, except messages that it has already."""
        for group in groups:
            new = [message_id for message_id in group if message_id not in self._suspect_ids]
            if new:
                self._suspect_ids.update(new)
                self._suspect_groups.append(new)
                self._suspects_event.set()

    async def _run_suspects(self) -> None:
        """Send the groups of suspect messages, one after the other. A group waits while the receiver is unreachable."""
        failures = 0
        while True:
            if not self._suspect_groups:
                await self._suspects_event.wait()
                self._suspects_event.clear()
                continue
            try:
                with internal_request():
                    smaller = await self._send_suspects(self._suspect_groups[0])
            except Exception as error:
                failures += 1
                if not isinstance(error, ServiceUnreachable):
                    logger().warning("dispatcher.failed", dispatcher=self.name, error=error)
                await asyncio.sleep(backoff(failures, random.random()).total_seconds())  # noqa: S311
            else:
                failures = 0
                self._suspect_groups.popleft()
                self._suspect_groups.extend(smaller)

    async def _send_suspects(self, ids: Sequence[UUID]) -> list[Sequence[UUID]]:
        """Send a group of suspect messages. If it fails, return its halves, or count the failure of a single message.

        Raise ServiceUnreachable if the receiver is unreachable.
        """
        async with self._engine.begin() as conn:
            rows = [dict(row) for row in await outbox.lease_again(conn, self._table, ids, at=now())]
        self._forget([message_id for message_id in ids if message_id not in {row["id"] for row in rows}])
        if not rows:
            return []
        if len(rows) == 1:
            await self._send_alone(rows[0])
            return []
        try:
            batch = [RenderedMessage(row["id"], self._route.render(row)) for row in rows]
            refusals = await self._route.send(batch)
        except (ReceiverError, ResponseLost):
            return _halves([row["id"] for row in rows])
        later = await self._settle([row["id"] for row in rows], refusals)
        return [later] if later else []

    async def _send_alone(self, message: OutboxMessage) -> None:
        """Send one message. Count its failure, except a timeout while the receiver cannot work."""
        began = asyncio.get_running_loop().time()
        try:
            batch = [RenderedMessage(message["id"], self._route.render(message))]
            refusals = await self._route.send(batch)
        except ServiceUnreachable:
            raise
        except ResponseTimeout as late:
            if self._delivered_at < began and not await self._route.is_ready():
                raise ServiceUnreachable(str(late)) from late
            await self._count_single_failure(message["id"], str(late))
        except Exception as failure:
            await self._count_single_failure(message["id"], str(failure) or type(failure).__name__)
        else:
            await self._settle([message["id"]], {key: reason or "it was put off" for key, reason in refusals.items()})

    async def _count_single_failure(self, message_id: UUID, reason: str) -> None:
        """Count the failures of a single message. After the last attempt, send its replacement, or raise the alarm."""
        failures = self._single_failures[message_id] = self._single_failures.get(message_id, 0) + 1
        logger().error(
            "dispatch.failed",
            dispatcher=self.name,
            message=str(message_id),
            attempts=failures,
            reason=reason,
            alarm=failures >= MAX_SINGLE_ATTEMPTS,
        )
        if failures >= MAX_SINGLE_ATTEMPTS and await self._is_replaced(message_id, reason):
            await self._settle([message_id], {})
            return
        async with self._engine.begin() as conn:
            await outbox.reschedule(conn, self._table, [message_id], due_at=now() + single_backoff(failures))
        self._suspect_ids.discard(message_id)

    async def _is_replaced(self, message_id: UUID, reason: str) -> bool:
        if self._route.send_replacement is None:
            return False
        async with self._engine.begin() as conn:
            rows = await outbox.lease_again(conn, self._table, [message_id], at=now())
        try:
            for row in rows:
                await self._route.send_replacement(dict(row), reason)
        except (ServiceUnreachable, ResponseLost, ReceiverError) as error:
            logger().warning("dispatcher.failed", dispatcher=self.name, error=error)
            return False
        return True


def _halves(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    middle = len(ids) // 2
    return [ids[:middle], ids[middle:]] if middle else [ids]
