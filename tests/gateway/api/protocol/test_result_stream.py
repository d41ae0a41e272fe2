"""Results that the client has not read: in order, within the limits of the request and of the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.gateway.actions.spool_space import SpoolSpace
from services.gateway.api.protocol import result_stream
from services.gateway.api.protocol.result_stream import ResultStream


class Client:
    """A client that reads when a test lets it."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.reads = asyncio.Event()

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.received.append(message["body"])


@asynccontextmanager
async def open_stream(client: Client, space: SpoolSpace) -> AsyncIterator[ResultStream]:
    stream = ResultStream(client.send, space)
    sender = asyncio.create_task(stream.run())
    try:
        yield stream
    finally:
        sender.cancel()
        await asyncio.wait({sender})


async def has_room(stream: ResultStream) -> bool:
    try:
        async with asyncio.timeout(0.05):
            await stream.wait_for_room()
    except TimeoutError:
        return False
    return True


@pytest.fixture(autouse=True)
def _small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_stream, "MAX_IN_MEMORY", 100)


async def test_results_that_cannot_be_sent_wait_in_order_in_a_file() -> None:
    client, space = Client(), SpoolSpace()
    responses = ResultStream(client.send, space)
    sender = asyncio.create_task(responses.run())
    for number in range(1_000):
        responses.write(b"%d\n" % number)
        if number % 100 == 0:
            await asyncio.sleep(0)
    assert responses._size < 300
    assert space.used > 3_000
    client.reads.set()
    responses.write(b"last\n")
    responses.finish()
    await sender
    assert b"".join(client.received).split() == [b"%d" % number for number in range(1_000)] + [b"last"]
    assert space.used == 0


async def test_stream_with_too_much_in_its_file_has_room_when_all_of_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(result_stream, "MAX_IN_FILE", 1_000)
    client = Client()
    async with open_stream(client, SpoolSpace()) as stream:
        stream.write(b"x" * 200)
        await asyncio.sleep(0)
        for _ in range(10):
            assert await has_room(stream)
            stream.write(b"y" * 101)
        stream.write(b"z" * 200)
        assert not await has_room(stream)
        waiting = asyncio.create_task(stream.wait_for_room())
        client.reads.set()
        async with asyncio.timeout(25):
            await waiting
        assert len(b"".join(client.received)) >= 1_200


async def test_process_with_too_much_in_files_stops_only_streams_that_have_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(result_stream, "MAX_IN_FILES", 1_000)
    space, silent, slow, quick = SpoolSpace(), Client(), Client(), Client()
    quick.reads.set()
    async with open_stream(slow, space) as other, open_stream(quick, space) as third:
        async with open_stream(silent, space) as stream:
            for one in (stream, other, third):
                one.write(b"x" * 200)
                await asyncio.sleep(0)
            stream.write(b"x" * 200)
            stream.write(b"x" * 900)
            other.write(b"y" * 200)
            other.write(b"y" * 200)
            third.write(b"z")
            assert space.used > 1_000
            assert not await has_room(stream)
            assert not await has_room(other)
            assert await has_room(third)
            waiting = asyncio.create_task(other.wait_for_room())
        async with asyncio.timeout(25):
            await waiting
        assert 0 < space.used < 1_000, "the file of the first stream is gone with its client"
