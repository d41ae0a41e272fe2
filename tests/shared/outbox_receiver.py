"""An outbox table, and a receiver of its messages that does what a test chooses."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Column, MetaData, Table, Text, insert, select
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import outbox
from shared.database import new_id, now
from shared.dispatcher import Dispatcher, OutboxMessage, OutboxRoute
from shared.message_batches import Refusals, RenderedMessage
from tests.waiting import wait_until

MESSAGES = Table(
    "messages",
    MetaData(),
    Column("id", PgUuid(as_uuid=True), primary_key=True),
    Column("word", Text, nullable=False),
    Column("at", Text),
    *outbox.outbox_columns("messages_due"),
)


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
