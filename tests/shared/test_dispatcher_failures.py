"""The dispatcher isolates a message on which its receiver fails, and sends the others."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from services.cli.ports import free_ports
from shared.contracts.parties import Caller
from shared.dispatcher import MAX_SINGLE_ATTEMPTS, Dispatcher, OutboxMessage
from shared.key_files import KeyFile, create_signing_keys
from shared.message_batches import ReceiverError, Refusals, RenderedMessage, send_batch
from shared.service_client import ResponseLost, ResponseTimeout, ServiceClient
from shared.signed_tokens import InternalTokenSigner
from tests.shared import slow_receiver as slow_receiver_module
from tests.shared.outbox_receiver import (
    MESSAGES,
    Receiver,
    insert_messages,
    render_word,
    running_dispatcher,
    wait_until_settled,
)
from tests.waiting import wait_until


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
