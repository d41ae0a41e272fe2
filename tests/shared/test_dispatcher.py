"""The dispatcher delivers each outbox message, even if the receiver is away, fails on one message or disappears."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, MetaData, Table, Text, insert, select, text
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from structlog.testing import capture_logs

from services.cli.databases import Server
from services.cli.ports import free_ports
from shared import outbox
from shared.contracts.parties import Caller
from shared.database import create_engine, new_id, now
from shared.dispatcher import MAX_SINGLE_ATTEMPTS, Dispatcher, OutboxMessage, OutboxRoute, backoff
from shared.key_files import KeyFile, create_signing_keys
from shared.message_batches import ReceiverError, Refusals, RenderedMessage, send_batch
from shared.service_client import ResponseLost, ResponseTimeout, ServiceClient, ServiceUnreachable
from shared.signed_tokens import InternalTokenSigner
from tests.shared import slow_receiver as slow_receiver_module
from tests.waiting import wait_until

MESSAGES = Table(
    "messages",
    MetaData(),
    Column("id", PgUuid(as_uuid=True), primary_key=True),
    Column("word", Text, nullable=False),
    Column("at", Text),
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

    def __init__(self, respond: Callable[[Sequence[str]], None] = lambda words: None) -> None:
        self.batches: list[list[str]] = []
        self.respond = respond
        self.ready = True
        self.replaced: list[tuple[str, str]] = []

    async def send(self, messages: Sequence[RenderedMessage]) -> Refusals:
        """Record a batch, and store all of it if `respond` does not raise."""
        words = [message.content.decode() for message in messages]
        self.batches.append(words)
        self.respond(words)
        return {}

    async def replace(self, message: OutboxMessage, reason: str) -> None:
        """Record the message that cannot be sent, and the reason."""
        self.replaced.append((message["word"], reason))

    async def is_ready(self) -> bool:
        """Return what the test chose."""
        return self.ready

    @property
    def route(self) -> OutboxRoute:
        """The route to this receiver, which replaces nothing."""
        return OutboxRoute(render=render_word, send=self.send, is_ready=self.is_ready)

    @property
    def replacing_route(self) -> OutboxRoute:
        """The route to this receiver with replacements."""
        return replace(self.route, send_replacement=self.replace)


def render_word(message: OutboxMessage) -> bytes:
    return str(message["word"]).encode()


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


@pytest.mark.parametrize("fault", [ReceiverError, ResponseLost, ResponseTimeout])
async def test_outbox_message_that_breaks_receiver_is_isolated_and_others_are_sent(
    db: AsyncEngine, fault: type[Exception]
) -> None:
    def respond(words: Sequence[str]) -> None:
        if "bad" in words:
            raise fault("broken by it")

    receiver = Receiver(respond)
    await insert_messages(db, "a", "b", "bad", "c", "d")
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.replacing_route, poll_seconds=0.02)):
        await wait_until_settled(db, 5)
    assert receiver.replaced == [("bad", "broken by it")]
    assert receiver.batches.count(["bad"]) == MAX_SINGLE_ATTEMPTS


async def test_outbox_message_that_is_slow_delays_no_other_message(db: AsyncEngine) -> None:
    slow_began, slow_may_end = asyncio.Event(), asyncio.Event()
    receiver = Receiver()

    async def send(messages: Sequence[RenderedMessage]) -> Refusals:
        words = [message.content.decode() for message in messages]
        receiver.batches.append(words)
        if "slow" in words:
            if len(words) > 1:
                raise ResponseTimeout("too slow together")
            slow_began.set()
            await slow_may_end.wait()
        return {}

    await insert_messages(db, "a", "slow", "b")
    dispatcher = Dispatcher("test", db, MESSAGES, replace(receiver.route, send=send), poll_seconds=0.02)
    async with running_dispatcher(dispatcher):
        await wait_until(slow_began.is_set)
        await insert_messages(db, *"cdef")
        dispatcher.wake()
        await wait_until_settled(db, 5)
        slow_may_end.set()
        await wait_until_settled(db, 7)
    assert receiver.batches.count(["slow"]) == 1


async def test_outbox_message_is_not_replaced_while_receiver_is_not_ready(db: AsyncEngine) -> None:
    timeouts = 0

    def respond(words: Sequence[str]) -> None:
        nonlocal timeouts
        if not receiver.ready:
            timeouts += 1
            receiver.ready = timeouts > 2 * MAX_SINGLE_ATTEMPTS
            raise ResponseTimeout("it hangs")

    receiver = Receiver(respond)
    receiver.ready = False
    await insert_messages(db, "a")
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.replacing_route, poll_seconds=0.02)):
        await wait_until_settled(db, 1)
    assert (receiver.replaced, timeouts) == ([], 2 * MAX_SINGLE_ATTEMPTS + 1)


async def test_outbox_message_that_cannot_be_rendered_is_replaced_and_others_are_sent(db: AsyncEngine) -> None:
    def render(message: OutboxMessage) -> bytes:
        if message["word"] == "bad":
            raise ValueError("no such word")
        return render_word(message)

    receiver = Receiver()
    await insert_messages(db, "a", "bad", "b")
    route = replace(receiver.replacing_route, render=render)
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, route, poll_seconds=0.02)):
        await wait_until_settled(db, 3)
    assert receiver.replaced == [("bad", "no such word")]


async def test_outbox_batch_has_at_most_the_bytes_that_its_receiver_reads(
    db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.message_batches.MESSAGE_BATCH_BYTES", 1_000)
    monkeypatch.setattr("shared.dispatcher.MESSAGE_BATCH_BYTES", 100_000)
    receiver = Receiver()
    await insert_messages(db, *("x" * 300 for _ in range(7)), "y" * 2_000)
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.route, poll_seconds=0.02)):
        await wait_until_settled(db, 8)
    sizes = [sum(map(len, batch)) for batch in receiver.batches]
    assert all(size <= 1_000 for size in sizes if size != 2_000)
    assert max(map(len, receiver.batches)) == 3, "a batch has as many messages as fit"
    assert 2_000 in sizes, "a message that is too large is sent alone, so that only it fails"


async def test_outbox_lease_reads_at_most_its_bytes_or_one_message(db: AsyncEngine) -> None:
    ids = await insert_messages(db, "x" * 5_000, "y" * 300, "z" * 300, "w" * 600)
    statement = outbox.lease_statement(MESSAGES, content=(MESSAGES.c.word,))
    leased = []
    for _ in range(4):
        async with db.begin() as conn:
            rows = await outbox.lease(conn, statement, at=now(), limit=10, max_bytes=1_000)
            leased.append([row["id"] for row in rows])
    assert leased == [ids[:1], ids[1:3], ids[3:], []]


async def test_outbox_message_that_is_never_taken_is_sent_again_with_an_alarm(
    db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.dispatcher.MAX_SINGLE_BACKOFF", timedelta())
    failures = 0

    def respond(words: Sequence[str]) -> None:
        nonlocal failures
        if failures < MAX_SINGLE_ATTEMPTS + 2:
            failures += 1
            raise ReceiverError("413")

    receiver = Receiver(respond)
    await insert_messages(db, "a")
    with capture_logs() as lines:
        async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.route, poll_seconds=0.02)):
            await wait_until_settled(db, 1)
    alarms = [line["alarm"] for line in lines if line["event"] == "dispatch.failed"]
    assert alarms.count(True) >= 2
    assert alarms[: MAX_SINGLE_ATTEMPTS - 1] == [False] * (MAX_SINGLE_ATTEMPTS - 1)


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


async def test_outbox_message_that_receiver_refuses_is_sent_again_alone(db: AsyncEngine) -> None:
    receiver = Receiver()

    async def send(messages: Sequence[RenderedMessage]) -> Refusals:
        await receiver.send(messages)
        is_first = len(receiver.batches) == 1
        return {message.id: "too early" for message in messages if is_first and message.content == b"early"}

    await insert_messages(db, "early", "late")
    route = replace(receiver.route, send=send)
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, route, poll_seconds=0.02)):
        await wait_until_settled(db, 2)
    assert receiver.batches == [["early", "late"], ["early"]]


async def test_outbox_messages_that_the_receiver_puts_off_are_sent_again_without_the_others(db: AsyncEngine) -> None:
    receiver = Receiver()

    async def send(messages: Sequence[RenderedMessage]) -> Refusals:
        await receiver.send(messages)
        large = [message.id for message in messages if message.content.startswith(b"large")]
        return dict.fromkeys(large if len(large) < len(messages) else large[1:])

    await insert_messages(db, "large 1", "usual", "large 2")
    dispatcher = Dispatcher("test", db, MESSAGES, replace(receiver.replacing_route, send=send), poll_seconds=0.02)
    async with running_dispatcher(dispatcher):
        await wait_until_settled(db, 3)
    assert receiver.batches == [["large 1", "usual", "large 2"], ["large 1", "large 2"], ["large 2"]]
    assert receiver.replaced == []


@asynccontextmanager
async def slow_receiver(tmp_path: Path) -> AsyncIterator[ServiceClient]:
    """Run a receiver in another process. Yield a client that waits for it for half a second."""
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.shared.slow_receiver", str(port))
    create_signing_keys(tmp_path / "keys.json", tmp_path / "public.json")
    signer = InternalTokenSigner("permits", KeyFile(tmp_path / "keys.json"))
    client = ServiceClient("receiver", f"http://127.0.0.1:{port}", signer, seconds=0.5)
    await client.open()
    try:
        await wait_until(lambda: client.is_ready(Caller(service="permits")))
        yield client
    finally:
        await client.close()
        process.kill()
        await process.wait()


async def test_outbox_message_that_another_process_handles_slowly_is_replaced_and_others_are_sent(
    db: AsyncEngine, tmp_path: Path
) -> None:
    def render(message: OutboxMessage) -> bytes:
        return json.dumps({"id": str(message["id"]), "word": message["word"]}).encode()

    receiver = Receiver()
    await insert_messages(db, "a", "b", "slow", "c", "d")
    async with slow_receiver(tmp_path) as client:
        route = replace(
            receiver.replacing_route,
            render=render,
            send=lambda messages: send_batch(client, "permits", slow_receiver_module.PATH, messages),
            is_ready=lambda: client.is_ready(Caller(service="permits")),
        )
        async with running_dispatcher(Dispatcher("test", db, MESSAGES, route, poll_seconds=0.02)):
            await wait_until_settled(db, 4)
            assert receiver.replaced == []
            await insert_messages(db, *"efg")
            await wait_until_settled(db, 8)
    assert receiver.replaced == [("slow", "receiver did not answer in time")]


def test_backoff_doubles_up_to_two_seconds() -> None:
    assert [backoff(n, 0.5).total_seconds() for n in (1, 2, 3, 4, 5, 50)] == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert backoff(50, 1.0) <= timedelta(seconds=2.5)


def test_engine_of_service_hides_values_of_statements() -> None:
    engine: Any = create_engine("postgresql+asyncpg://nobody@/nowhere")
    assert engine.sync_engine.hide_parameters
    assert create_async_engine("postgresql+asyncpg://nobody@/nowhere").sync_engine.hide_parameters is False


async def test_dispatcher_cancelled_while_it_wakes_ends(db: AsyncEngine) -> None:
    receiver = Receiver()
    dispatcher = Dispatcher("test", db, MESSAGES, receiver.route, poll_seconds=60)
    running = asyncio.create_task(dispatcher.run())
    await asyncio.sleep(0.3)
    dispatcher.wake()
    await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=5)
    running.cancel()
    assert done


async def test_messages_of_a_clock_that_was_ahead_are_sent_at_once_in_their_order(db: AsyncEngine) -> None:
    await insert_messages(db, "second", leased=timedelta(hours=1, seconds=2))
    await insert_messages(db, "first", leased=timedelta(hours=1))
    receiver = Receiver()
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.route, batch_size=1, poll_seconds=0.02)):
        await wait_until(lambda: len(receiver.batches) == 2)
        await insert_messages(db, "third")
        await wait_until(lambda: len(receiver.batches) == 3)
    assert receiver.batches == [["first"], ["second"], ["third"]]


async def test_messages_are_sent_at_once_after_the_clock_of_the_dispatcher_went_back(
    db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timedelta(hours=1)
    monkeypatch.setattr("shared.dispatcher.now", lambda: now() + ahead)
    monkeypatch.setattr("shared.dispatcher.BOUND_SECONDS", 3_600)
    receiver = Receiver()
    async with running_dispatcher(Dispatcher("test", db, MESSAGES, receiver.route, poll_seconds=0.02)):
        await insert_messages(db, "before")
        await wait_until_settled(db, 1)
        await insert_messages(db, "ahead", leased=ahead)
        ahead = timedelta()
        await wait_until_settled(db, 2)
    assert receiver.batches == [["before"], ["ahead"]]


async def test_message_whose_lease_has_not_ended_is_not_made_due(db: AsyncEngine) -> None:
    await insert_messages(db, "leased", leased=outbox.LEASE_DURATION)
    async with db.begin() as conn:
        assert await outbox.bound_due_times(conn, MESSAGES, at=now()) == 0
        assert await outbox.bound_due_times(conn, MESSAGES, at=now() - timedelta(hours=1)) == 1
