"""The courier carries each letter, whatever the receiver does: away, broken by one letter, gone in the middle."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
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

LETTERS = Table(
    "letters",
    MetaData(),
    Column("id", PgUuid(as_uuid=True), primary_key=True),
    Column("word", Text, nullable=False),
    *outbox.outbox_columns("letters_due"),
)


@pytest.fixture
async def db(server: Server, templates: str) -> AsyncIterator[AsyncEngine]:
    """A database with one table of letters."""
    name = f"{templates}letters_{new_id().hex}"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}"')
    engine = create_engine(server.url(name), connections=5)
    async with engine.begin() as conn:
        await conn.run_sync(LETTERS.metadata.create_all)
    yield engine
    await engine.dispose()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def put(db: AsyncEngine, *words: str, leased: timedelta = timedelta()) -> list[UUID]:
    ids = [new_id() for _ in words]
    async with db.begin() as conn:
        rows = [
            {"id": message_id, "word": word, "due_at": now() + leased}
            for message_id, word in zip(ids, words, strict=True)
        ]
        await conn.execute(insert(LETTERS), rows)
    return ids


async def settled(db: AsyncEngine) -> int:
    async with db.connect() as conn:
        return len((await conn.execute(select(LETTERS.c.id).where(LETTERS.c.settled_at.is_not(None)))).all())


class Receiver:
    """What stands at the other end: notes what came, and answers as the test says."""

    def __init__(self, response: Callable[[Sequence[OutboxMessage]], None] = lambda messages: None) -> None:
        self.came: list[list[str]] = []
        self.answer = response

    async def deliver(self, messages: Sequence[OutboxMessage]) -> Mapping[UUID, bool]:
        self.came.append([message["word"] for message in messages])
        self.answer(messages)
        return {message["id"]: True for message in messages}


@asynccontextmanager
async def carried(dispatcher: Dispatcher) -> AsyncIterator[None]:
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await reached():
            await asyncio.sleep(0.01)


async def test_letters_are_carried_in_batches_and_settled(db: AsyncEngine) -> None:
    receiver = Receiver()
    await put(db, *"abcde")
    async with carried(Dispatcher("test", db, LETTERS, receiver.deliver, batch_size=3, poll_seconds=0.02)):
        await until(lambda: _is(settled(db), 5))
    assert sorted(len(batch) for batch in receiver.came) == [2, 3]


async def _is(count: Awaitable[int], wanted: int) -> bool:
    return await count == wanted


async def test_letters_handed_over_are_not_read_again(db: AsyncEngine) -> None:
    receiver = Receiver()
    told: list[UUID] = []
    dispatcher = Dispatcher("test", db, LETTERS, receiver.deliver, poll_seconds=30, on_settled=told.extend)
    (message_id,) = await put(db, "a", leased=timedelta(seconds=30))
    async with carried(dispatcher):
        dispatcher.enqueue_leased([{"id": message_id, "word": "a"}])
        await until(lambda: _is(settled(db), 1))
    assert (receiver.came, told) == ([["a"]], [message_id])


async def test_while_the_receiver_is_away_letters_wait_and_none_is_lost(db: AsyncEngine) -> None:
    away = 3

    def response(messages: Sequence[OutboxMessage]) -> None:
        nonlocal away
        if away:
            away -= 1
            raise ServiceUnreachable("not there")

    receiver = Receiver(response)
    await put(db, *"abc")
    dispatcher = Dispatcher("test", db, LETTERS, receiver.deliver, poll_seconds=0.02)
    async with carried(dispatcher):
        await until(lambda: _is(settled(db), 3))
        assert dispatcher.has_capacity
    assert len(receiver.came) == 4


@pytest.mark.parametrize("fault", [ReceiverError, ResponseLost])
async def test_a_letter_that_breaks_the_receiver_is_found_and_harms_no_neighbour(
    db: AsyncEngine, fault: type[Exception]
) -> None:
    def response(messages: Sequence[OutboxMessage]) -> None:
        if any(message["word"] == "bad" for message in messages):
            raise fault("broken by it")

    receiver, parked = Receiver(response), []

    async def last_resort(message: OutboxMessage, why: str) -> None:
        parked.append((message["word"], why))

    await put(db, "a", "b", "bad", "c", "d")
    async with carried(
        Dispatcher("test", db, LETTERS, receiver.deliver, poll_seconds=0.02, on_poison_message=last_resort)
    ):
        await until(lambda: _is(settled(db), 5))
    assert parked == [("bad", "broken by it")]
    assert receiver.came.count(["bad"]) == MAX_SINGLE_ATTEMPTS


async def test_a_courier_that_died_loses_nothing_when_its_lease_ends(db: AsyncEngine) -> None:
    await put(db, "a", "b")
    async with db.begin() as conn:
        leased = await outbox.lease(conn, LETTERS, at=now(), limit=10)
        assert await outbox.lease(conn, LETTERS, at=now(), limit=10) == []
        assert [row["attempts"] for row in leased] == [1, 1]
        assert all(row["due_at"] - now() <= timedelta(seconds=30) for row in leased)
        await conn.execute(text("UPDATE letters SET due_at = now()"))
    receiver = Receiver()
    async with carried(Dispatcher("test", db, LETTERS, receiver.deliver, poll_seconds=0.02)):
        await until(lambda: _is(settled(db), 2))


async def test_several_couriers_side_by_side_carry_each_letter_once(db: AsyncEngine) -> None:
    receiver = Receiver()
    await put(db, *(str(n) for n in range(200)))
    couriers = [Dispatcher(str(n), db, LETTERS, receiver.deliver, batch_size=7, poll_seconds=0.02) for n in range(4)]
    async with carried(couriers[0]), carried(couriers[1]), carried(couriers[2]), carried(couriers[3]):
        await until(lambda: _is(settled(db), 200))
    words = [word for batch in receiver.came for word in batch]
    assert sorted(words, key=int) == [str(n) for n in range(200)]


async def test_a_letter_not_taken_yet_comes_again(db: AsyncEngine) -> None:
    seen: list[str] = []

    async def deliver(messages: Sequence[OutboxMessage]) -> Mapping[UUID, bool]:
        first = not seen
        seen.extend(message["word"] for message in messages)
        return {message["id"]: not first for message in messages}

    await put(db, "early")
    async with carried(Dispatcher("test", db, LETTERS, deliver, poll_seconds=0.02)):
        await until(lambda: _is(settled(db), 1))
    assert seen == ["early", "early"]


def test_pauses_grow_and_end_at_two_seconds() -> None:
    assert [backoff(n, 0.5).total_seconds() for n in (1, 2, 3, 4, 5, 50)] == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert backoff(50, 1.0) <= timedelta(seconds=2.5)


def test_the_engine_hides_what_a_statement_carried() -> None:
    engine: Any = create_engine("postgresql+asyncpg://nobody@/nowhere")
    assert engine.sync_engine.hide_parameters
    assert create_async_engine("postgresql+asyncpg://nobody@/nowhere").sync_engine.hide_parameters is False


async def test_a_courier_that_is_cancelled_as_a_letter_comes_ends(db: AsyncEngine) -> None:
    receiver = Receiver()
    dispatcher = Dispatcher("test", db, LETTERS, receiver.deliver, poll_seconds=60)
    running = asyncio.create_task(dispatcher.run())
    await asyncio.sleep(0.3)
    dispatcher.wake()
    await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=5)
    running.cancel()
    assert done
