"""Taking declarations in: those of a few milliseconds share one insert and one commit, each gets its own answer."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.idempotency import key_reused
from services.gateway.store import submissions
from services.gateway.store.submissions import Submission
from shared.database import again, alone, is_away, now
from shared.dispatcher import Courier
from shared.logs import logger
from shared.metrics import counter
from shared.problems import Conflict, Refusal, Unavailable

MOST_AT_ONCE = 300
UNDER_WAY = 2
"""Batches at once."""
MOST_WAITING = 1_000
"""Declarations before a new one is refused: on two cores these are written within a fifth of a second."""
LONGEST_PAUSE = 3
"""Seconds that those who are refused are told to wait, at most: they differ, or all would come back at once."""
MOST_BYTES_WAITING = 64_000_000
HANDED_FOR = timedelta(seconds=5)
"""How long a letter handed over in memory belongs to this process; after that any courier may take it."""
ACCEPTED = counter("saola_declarations_accepted", "Declarations that were made durable and answered 202")
HANDED_BYTES = 16_384
"""A larger letter is read again from the database rather than kept in memory."""
DATABASE_AWAY = "The database cannot answer now. Send it again under the same key: it is kept once at most."


class Receipt(NamedTuple):
    """What is answered for a declaration that is durable: the same for every repetition."""

    id: UUID
    reference: str
    received_at: datetime
    digest: bytes
    replayed: bool


Waits = tuple[Submission, "asyncio.Future[Receipt]"]


class Intake:
    """The queue of those who wait for the next commit, and the loops that commit them.

    The insert is one statement and commits by itself: BEGIN and COMMIT would cost two turns to the database for a
    batch that waits for one. Two batches may be under way, so that one is written while the other is on the line.
    """

    def __init__(self, engine: AsyncEngine, courier: Courier) -> None:
        self._engine, self._courier = alone(engine), courier
        self._queue: deque[Waits] = deque()
        self._bytes = 0
        self._woken = asyncio.Event()
        self._turn = asyncio.Semaphore(UNDER_WAY)

    def put(self, submission: Submission) -> "asyncio.Future[Receipt]":
        """Queue a submission; the future answers its receipt once it is durable, or the refusal it meets.

        Raises Unavailable at once when too many wait already.
        """
        self.demand_room()
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._queue.append((submission, answer))
        self._bytes += len(submission.body)
        self._woken.set()
        return answer

    def demand_room(self) -> None:
        """Raise Unavailable when too many wait already: asked before a body is read, so that a refusal costs little."""
        if len(self._queue) >= MOST_WAITING or self._bytes > MOST_BYTES_WAITING:
            wait = random.randint(1, LONGEST_PAUSE)  # noqa: S311
            raise Unavailable(
                "overloaded", f"Too many declarations wait to be written. Send it again in {wait} s.", wait
            )

    async def run(self) -> None:
        """Commit what waits until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(UNDER_WAY):
                tasks.create_task(self._commit())

    async def _commit(self) -> None:
        """Commit batch after batch."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(MOST_AT_ONCE, len(self._queue)))]
                self._bytes -= sum(len(submission.body) for submission, _ in batch)
                await self._answer(batch)

    async def keep_many(self, batch: Sequence[Submission]) -> "dict[UUID, Receipt | Exception]":
        """Keep a batch that came as one, beside the queue: only so many such batches are under way."""
        async with self._turn:
            return await self._settle(batch)

    async def _answer(self, batch: Sequence[Waits]) -> None:
        answers = await self._settle([submission for submission, _ in batch])
        for submission, future in batch:
            _give(future, answers[submission.id])

    async def _settle(self, batch: Sequence[Submission]) -> "dict[UUID, Receipt | Exception]":
        """Keep a batch and answer each; when it fails for a reason of its own, each is tried alone."""
        try:
            return await self._keep_surely(batch)
        except Exception as error:
            if len(batch) == 1 or is_away(error):
                return dict.fromkeys((submission.id for submission in batch), _failure(error))
        answers: dict[UUID, Receipt | Exception] = {}
        for one in batch:
            answers |= await self._settle([one])
        return answers

    async def _keep_surely(self, batch: Sequence[Submission]) -> "dict[UUID, Receipt | Exception]":
        """Keep a batch, once more when the connection was lost: what the first try kept is found by its key."""
        try:
            return await again(lambda: self._keep(batch))
        except (DBAPIError, OSError) as error:
            if not is_away(error):
                raise
            logger().warning("database.away", error=repr(error)[:300])
        return await again(lambda: self._keep(batch))

    async def _keep(self, batch: Sequence[Submission]) -> "dict[UUID, Receipt | Exception]":
        batch = sorted(batch, key=lambda submission: submission.scope)
        at, room = now(), self._courier.room
        handed = [submission for submission in batch if room and len(submission.carried) <= HANDED_BYTES]
        mine = {submission.id for submission in handed}
        due = [at + HANDED_FOR if submission.id in mine else at for submission in batch]
        async with self._engine.connect() as conn:
            new = await submissions.put(conn, batch, due)
            met = [] if len(new) == len(batch) else [one for one in batch if one.id not in new]
            kept = await submissions.under_keys(conn, [submission.scope for submission in met]) if met else {}
        ACCEPTED.inc(len(new))
        self._courier.hand([submission.letter for submission in handed if submission.id in new])
        return {submission.id: _receipt(submission, new, kept.get(submission.scope)) for submission in batch}


def _receipt(submission: Submission, new: Set[UUID], kept: RowMapping | None) -> "Receipt | Exception":
    """Answer by the rules of the key: new, the same again, another body, or a reference that is taken."""
    if submission.id in new or (kept is not None and kept["id"] == submission.id):
        return Receipt(submission.id, submission.reference, submission.received_at, submission.digest, replayed=False)
    if kept is None:
        return Conflict(
            "reference-taken",
            "This trader has used this reference in another declaration. Amend that one, or choose a new reference.",
        )
    if (kept["digest"], kept["content_type"]) != (submission.digest, submission.content_type):
        return key_reused()
    return Receipt(kept["id"], kept["reference"], kept["received_at"], kept["digest"], replayed=True)


def _failure(error: Exception) -> Exception:
    if isinstance(error, Refusal) or not is_away(error):
        return error
    return Unavailable("database-unavailable", DATABASE_AWAY)


def _give(future: "asyncio.Future[Receipt]", answer: "Receipt | Exception") -> None:
    if future.done():
        return
    if isinstance(answer, Receipt):
        future.set_result(answer)
    else:
        future.set_exception(answer)
