"""The dispatcher delivers each outbox message, even if the receiver is away, fails on one message or disappears."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, MetaData, Table, Text, insert, select, text
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.cli.databases import Server
from shared import outbox
from shared.database import create_engine, new_id, now
from shared.dispatcher import MAX_SINGLE_ATTEMPTS, Dispatcher, OutboxMessage, ReceiverError, backoff
from shared.service_client import ResponseLost, ServiceUnreachable
from tests.waiting import wait_until

MESSAGES = Table(
    "messages",
    MetaData(),
    Column("id", PgUuid(as_uuid=True), primary_key=True),
    Column("word", Text, nullable=False),
    *outbox.outbox_columns("messages_due"),
)


@pytest.fixture
async def db(server: Server, templates: str) -> AsyncIterator[AsyncEngine]:
    """Yield a database with one outbox table."""
    name = f"{templates}messages_{new_id().hex}"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}"')
    engine = create_engine(server.url(name), connections=5)
    async with engine.begin() as conn:
        await conn.run_sync(MESSAGES.metadata.create_all)
    yield engine
    await engine.dispose()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def insert_messages(db: AsyncEngine, *words: str, leased: timedelta = timedelta()) -> list[UUID]:
    """Insert one outbox message per word. Return their ids, in the order of the words."""
    ids = [new_id() for _ in words]
    async with db.begin() as conn:
        rows = [
            {"id": message_id, "word": word, "due_at": now() + leased}
            for message_id, word in zip(ids, words, strict=True)
        ]
        await conn.execute(insert(MESSAGES), rows)
    return ids


async def count_settled(db: AsyncEngine) -> int:
    async with db.connect() as conn:
        return len((await conn.execute(select(MESSAGES.c.id).where(MESSAGES.c.settled_at.is_not(None)))).all())


class Receiver:
    """A receiver that records the words of each batch and then calls `respond`, which may raise."""

    def __init__(self, respond: Callable[[Sequence[OutboxMessage]], None] = lambda messages: None) -> None:
        self.batches: list[list[str]] = []
        self.respond = respond

    async def deliver(self, messages: Sequence[OutboxMessage]) -> Mapping[UUID, bool]:
        self.batches.append([message["word"] for message in messages])
        self.respond(messages)
        return {message["id"]: True for message in messages}


@asynccontextmanager
async def running_dispatcher(dispatcher: Dispatcher) -> AsyncIterator[None]:
    """Run a dispatcher inside the block."""
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()


async def wait_until_settled(db: AsyncEngine, count: int) -> None:
    """Wait until so many messages are settled."""

    async def are_settled() -> bool:
        return await count_settled(db) == count

    await wait_until(are_settled)


async def test_outbox_messages_that_are_due_are_sent_in_batches_and_settled(db: AsyncEngine) -> None:
    receiver = Receiver()
    await insert_messages(db, *"abcde")
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.deliver, batch_size=3, poll_seconds=0.02)):
        await wait_until_settled(db, 5)
    assert sorted(len(batch) for batch in receiver.batches) == [2, 3]


async def test_outbox_message_enqueued_with_lease_is_sent_once_and_settled(db: AsyncEngine) -> None:
    receiver = Receiver()
    settled_ids: list[UUID] = []
    dispatcher = Dispatcher("test", db, MESSAGES, receiver.deliver, poll_seconds=30, on_settled=settled_ids.extend)
    (message_id,) = await insert_messages(db, "a", leased=timedelta(seconds=30))
    async with running_dispatcher(dispatcher):
        dispatcher.enqueue_leased([{"id": message_id, "word": "a"}])
        await wait_until_settled(db, 1)
    assert (receiver.batches, settled_ids) == ([["a"]], [message_id])


async def test_outbox_messages_wait_while_receiver_is_unreachable(db: AsyncEngine) -> None:
    refusals = 3

    def respond(messages: Sequence[OutboxMessage]) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise ServiceUnreachable("not there")

    receiver = Receiver(respond)
    await insert_messages(db, *"abc")
    dispatcher = Dispatcher("test", db, MESSAGES, receiver.deliver, poll_seconds=0.02)
    async with running_dispatcher(dispatcher):
        await wait_until_settled(db, 3)
        assert dispatcher.has_capacity
    assert len(receiver.batches) == 4


@pytest.mark.parametrize("fault", [ReceiverError, ResponseLost])
async def test_outbox_message_that_breaks_receiver_is_isolated_and_others_are_sent(
    db: AsyncEngine, fault: type[Exception]
) -> None:
    def respond(messages: Sequence[OutboxMessage]) -> None:
        if any(message["word"] == "bad" for message in messages):
            raise fault("broken by it")

    receiver, parked = Receiver(respond), []

    async def park(message: OutboxMessage, reason: str) -> None:
        parked.append((message["word"], reason))

    await insert_messages(db, "a", "b", "bad", "c", "d")
    async with running_dispatcher(
        Dispatcher("test", db, MESSAGES, receiver.deliver, poll_seconds=0.02, on_poison_message=park)
    ):
        await wait_until_settled(db, 5)
    assert parked == [("bad", "broken by it")]
    assert receiver.batches.count(["bad"]) == MAX_SINGLE_ATTEMPTS


async def test_outbox_messages_of_dead_dispatcher_are_sent_after_their_lease(db: AsyncEngine) -> None:
    await insert_messages(db, "a", "b")
    async with db.begin() as conn:
        leased = await outbox.lease(conn, MESSAGES, at=now(), limit=10)
        assert await outbox.lease(conn, MESSAGES, at=now(), limit=10) == []
        assert [row["attempts"] for row in leased] == [1, 1]
        assert all(row["due_at"] - now() <= timedelta(seconds=30) for row in leased)
        await conn.execute(text("UPDATE messages SET due_at = now()"))
    receiver = Receiver()
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.deliver, poll_seconds=0.02)):
        await wait_until_settled(db, 2)


async def test_dispatchers_in_parallel_send_each_outbox_message_once(db: AsyncEngine) -> None:
    receiver = Receiver()
    await insert_messages(db, *(str(n) for n in range(200)))
    dispatchers = [
        Dispatcher(str(n), db, MESSAGES, receiver.deliver, batch_size=7, poll_seconds=0.02) for n in range(4)
    ]
    async with AsyncExitStack() as stack:
        for dispatcher in dispatchers:
            await stack.enter_async_context(running_dispatcher(dispatcher))
        await wait_until_settled(db, 200)
    words = [word for batch in receiver.batches for word in batch]
    assert sorted(words, key=int) == [str(n) for n in range(200)]


async def test_outbox_message_that_receiver_did_not_accept_is_sent_again(db: AsyncEngine) -> None:
    seen: list[str] = []

    async def deliver(messages: Sequence[OutboxMessage]) -> Mapping[UUID, bool]:
        first = not seen
        seen.extend(message["word"] for message in messages)
        return {message["id"]: not first for message in messages}

    await insert_messages(db, "early")
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, deliver, poll_seconds=0.02)):
        await wait_until_settled(db, 1)
    assert seen == ["early", "early"]


def test_backoff_doubles_up_to_two_seconds() -> None:
    assert [backoff(n, 0.5).total_seconds() for n in (1, 2, 3, 4, 5, 50)] == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert backoff(50, 1.0) <= timedelta(seconds=2.5)


def test_engine_of_service_hides_values_of_statements() -> None:
    engine: Any = create_engine("postgresql+asyncpg://nobody@/nowhere")
    assert engine.sync_engine.hide_parameters
    assert create_async_engine("postgresql+asyncpg://nobody@/nowhere").sync_engine.hide_parameters is False


async def test_dispatcher_cancelled_while_it_wakes_ends(db: AsyncEngine) -> None:
    receiver = Receiver()
    dispatcher = Dispatcher("test", db, MESSAGES, receiver.deliver, poll_seconds=60)
    running = asyncio.create_task(dispatcher.run())
    await asyncio.sleep(0.3)
    dispatcher.wake()
    await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=5)
    running.cancel()
    assert done
