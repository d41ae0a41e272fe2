"""The dispatcher delivers each outbox message, even if the receiver is away or another dispatcher dies."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import outbox
from shared.database import now
from shared.dispatcher import Dispatcher, backoff
from shared.service_client import ServiceUnreachable
from tests.shared.outbox_receiver import MESSAGES, Receiver, insert_messages, running_dispatcher, wait_until_settled


async def test_outbox_messages_that_are_due_are_sent_in_batches_and_settled(db: AsyncEngine) -> None:
    receiver = Receiver()
    await insert_messages(db, *"abcde")
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.route, batch_size=3, poll_seconds=0.02)):
        await wait_until_settled(db, 5)
    assert sorted(len(batch) for batch in receiver.batches) == [2, 3]


async def test_outbox_message_enqueued_with_lease_is_sent_once_and_settled(db: AsyncEngine) -> None:
    receiver = Receiver()
    settled_ids: list[UUID] = []
    dispatcher = Dispatcher("test", db, MESSAGES, receiver.route, poll_seconds=30, on_settled=settled_ids.extend)
    (message_id,) = await insert_messages(db, "a", leased=timedelta(seconds=30))
    async with running_dispatcher(dispatcher):
        dispatcher.enqueue_leased([{"id": message_id, "word": "a"}])
        await wait_until_settled(db, 1)
    assert (receiver.batches, settled_ids) == ([["a"]], [message_id])


async def test_outbox_messages_wait_while_receiver_is_unreachable(db: AsyncEngine) -> None:
    refusals = 3

    def respond(words: Sequence[str]) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise ServiceUnreachable("not there")

    receiver = Receiver(respond)
    await insert_messages(db, *"abc")
    dispatcher = Dispatcher("test", db, MESSAGES, receiver.route, poll_seconds=0.02)
    async with running_dispatcher(dispatcher):
        await wait_until_settled(db, 3)
        assert dispatcher.has_capacity
    assert len(receiver.batches) == 4


async def test_outbox_messages_of_dead_dispatcher_are_sent_after_their_lease(db: AsyncEngine) -> None:
    await insert_messages(db, "a", "b")
    async with db.begin() as conn:
        statement = outbox.lease_statement(MESSAGES)
        leased = await outbox.lease(conn, statement, at=now(), limit=10, max_bytes=0)
        assert await outbox.lease(conn, statement, at=now(), limit=10, max_bytes=0) == []
        assert [row["attempts"] for row in leased] == [1, 1]
        assert all(row["due_at"] - now() <= timedelta(seconds=30) for row in leased)
        await conn.execute(text("UPDATE messages SET due_at = now()"))
    receiver = Receiver()
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.route, poll_seconds=0.02)):
        await wait_until_settled(db, 2)


async def test_dispatchers_in_parallel_send_each_outbox_message_once(db: AsyncEngine) -> None:
    receiver = Receiver()
    await insert_messages(db, *(str(n) for n in range(200)))
    dispatchers = [Dispatcher(str(n), db, MESSAGES, receiver.route, batch_size=7, poll_seconds=0.02) for n in range(4)]
    async with AsyncExitStack() as stack:
        for dispatcher in dispatchers:
            await stack.enter_async_context(running_dispatcher(dispatcher))
        await wait_until_settled(db, 200)
    words = [word for batch in receiver.batches for word in batch]
    assert sorted(words, key=int) == [str(n) for n in range(200)]


def test_backoff_doubles_up_to_two_seconds() -> None:
    assert [backoff(n, 0.5).total_seconds() for n in (1, 2, 3, 4, 5, 50)] == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert backoff(50, 1.0) <= timedelta(seconds=2.5)


async def test_dispatcher_cancelled_while_it_wakes_ends(db: AsyncEngine) -> None:
    receiver = Receiver()
    dispatcher = Dispatcher("test", db, MESSAGES, receiver.route, poll_seconds=60)
    running = asyncio.create_task(dispatcher.run())
    await asyncio.sleep(0.3)
    dispatcher.wake()
    await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=25)
    running.cancel()
    assert done
