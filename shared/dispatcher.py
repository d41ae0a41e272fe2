"""The dispatcher: a loop that sends outbox messages. If its process dies, no message is lost.

It leases the messages that are due, sends them and settles them. It reschedules those that it could not send, and
never gives one up. It wakes when it receives a message, and polls for the messages of other processes. Any number of
dispatchers run at the same time. If a batch makes the receiver fail, the dispatcher splits it in half, again and
again, until the message that fails is alone.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import outbox
from shared.database import now
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.request_context import internal_request
from shared.service_client import ResponseLost, ResponseTimeout, ServiceUnreachable

OutboxMessage = Mapping[str, Any]
"""A row of the outbox table; one of its columns is `id`."""
SendMessages = Callable[[Sequence[OutboxMessage]], Awaitable[Mapping[UUID, bool]]]
"""Sends messages; returns for each whether the receiver stored it.

Raises ServiceUnreachable, ResponseLost or ReceiverError for the whole batch.
"""
HandlePoisonMessage = Callable[[OutboxMessage, str], Awaitable[None]]

MAX_SINGLE_ATTEMPTS = Limit(
    5,
    "attempts",
    subject=LimitSubject.SERVICES,
    meaning="Attempts at a message that fails without others",
    beyond="Permits refers a submission; the dispatcher repeats any other message.",
)
MAX_ENQUEUED = Limit(
    4_000,
    "messages",
    subject=LimitSubject.MEMORY,
    meaning="Messages that a dispatcher has in memory",
    beyond="The dispatcher reads them from the database later.",
)


class ReceiverError(Exception):
    """The receiver responded that it failed (5xx). One of the messages may be the cause."""


def backoff(failures: int, random_fraction: float) -> timedelta:
    """Return the pause after `failures` failures in a row: 0.2 s after the first, doubled up to 2 s, ±25 %."""
    return timedelta(seconds=min(0.1 * 2 ** min(failures, 10), 2.0) * (0.75 + 0.5 * random_fraction))


class Dispatcher:
    """One outbox route: from an outbox table, or the messages of it that `condition` selects, to one receiver."""

    def __init__(
        self,
        name: str,
        engine: AsyncEngine,
        table: Table,
        send: SendMessages,
        *,
        batch_size: int = 200,
        poll_seconds: float = 0.25,
        condition: ColumnElement[bool] | None = None,
        on_poison_message: HandlePoisonMessage | None = None,
        on_settled: Callable[[Sequence[UUID]], None] = lambda ids: None,
    ) -> None:
        self.name = name
        self._engine, self._table, self._send_messages = engine, table, send
        self._batch_size, self._poll_seconds, self._condition = batch_size, poll_seconds, condition
        self._on_poison_message, self._on_settled = on_poison_message, on_settled
        self._enqueued: deque[OutboxMessage] = deque()
        self._wake_event = asyncio.Event()
        self._failures = 0
        self._single_failures: dict[UUID, int] = {}
        self._polled_at = 0.0

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
        if messages:
            try:
                await self._send(messages)
            except Exception:
                self._enqueue_again(messages)
                raise
        return len(messages)

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
            rows = await outbox.lease(conn, self._table, at=now(), limit=self._batch_size, condition=self._condition)
            found = [dict(row) for row in rows]
        if found or not self._enqueued:
            return found
        return [self._enqueued.popleft() for _ in range(min(self._batch_size, len(self._enqueued)))]

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

    async def _send(self, messages: Sequence[OutboxMessage]) -> None:
        """Send a batch as one request of the hub's own: the log lines of both sides carry its id."""
        with internal_request():
            await self._send_or_split(messages)

    async def _send_or_split(self, messages: Sequence[OutboxMessage]) -> None:
        try:
            results = await self._send_messages(messages)
        except (ServiceUnreachable, ResponseTimeout) as unreachable:
            await self._reschedule(messages, str(unreachable))
        except (ReceiverError, ResponseLost) as failure:
            if len(messages) > 1:
                await self._send(messages[: len(messages) // 2])
                await self._send(messages[len(messages) // 2 :])
            else:
                await self._count_single_failure(messages[0], str(failure))
        else:
            await self._settle(messages, results)

    async def _settle(self, messages: Sequence[OutboxMessage], results: Mapping[UUID, bool]) -> None:
        self._failures = 0
        settled_ids = [message["id"] for message in messages if results.get(message["id"])]
        unsettled = [message for message in messages if not results.get(message["id"])]
        for message_id in settled_ids:
            self._single_failures.pop(message_id, None)
        if settled_ids:
            self._on_settled(settled_ids)
            async with self._engine.begin() as conn:
                await outbox.settle(conn, self._table, settled_ids, at=now())
        if unsettled:
            await self._reschedule(unsettled, "not taken in yet", failures=0)

    async def _reschedule(self, messages: Sequence[OutboxMessage], reason: str, failures: int | None = None) -> None:
        self._failures = self._failures + 1 if failures is None else failures
        if self._failures in {1, 10, 100}:
            logger().warning(
                "dispatcher.service_unavailable", dispatcher=self.name, messages=len(messages), reason=reason
            )
        messages = [*messages, *self._enqueued]
        self._enqueued.clear()
        wait = backoff(self._failures, random.random())  # noqa: S311
        try:
            async with self._engine.begin() as conn:
                await outbox.reschedule(conn, self._table, [message["id"] for message in messages], due_at=now() + wait)
        except Exception:
            self._enqueue_again(messages)
            raise

    async def _count_single_failure(self, message: OutboxMessage, reason: str) -> None:
        """Count the failures of a single message. After the last attempt, call the handler of poison messages."""
        self._single_failures[message["id"]] = self._single_failures.get(message["id"], 0) + 1
        logger().error(
            "dispatch.failed",
            dispatcher=self.name,
            message=str(message["id"]),
            attempts=self._single_failures[message["id"]],
            reason=reason,
        )
        if self._on_poison_message is not None and self._single_failures[message["id"]] >= MAX_SINGLE_ATTEMPTS:
            await self._on_poison_message(message, reason)
            await self._settle([message], {message["id"]: True})
        else:
            wait = backoff(self._single_failures[message["id"]], random.random())  # noqa: S311
            async with self._engine.begin() as conn:
                await outbox.reschedule(conn, self._table, [message["id"]], due_at=now() + wait)
