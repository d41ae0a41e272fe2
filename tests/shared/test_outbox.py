"""The limits of a lease, and the due times of messages after a change of the clock."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import outbox
from shared.database import now
from shared.dispatcher import Dispatcher
from tests.shared.outbox_receiver import MESSAGES, Receiver, insert_messages, running_dispatcher, wait_until_settled
from tests.waiting import wait_until


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
