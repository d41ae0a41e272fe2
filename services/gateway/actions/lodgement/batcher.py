"""The submission batcher. Submissions of a few milliseconds share one insert; each has its own result."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store import restored_submissions, submissions
from services.gateway.store.submissions import Submission
from shared.database import autocommit, is_out_of_space, is_unavailable, now, retry_transaction
from shared.dispatcher import Dispatcher
from shared.idempotency import key_reused
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.metrics import counter
from shared.problems import Conflict, ProblemError, Unavailable, out_of_space

MAX_BATCH = Limit(
    300,
    "submissions",
    subject=LimitSubject.MEMORY,
    meaning="Submissions that one commit of the gateway stores",
    beyond="The next commit stores the rest.",
)
MAX_CONCURRENT_BATCHES = Limit(
    2,
    "commits",
    subject=LimitSubject.MEMORY,
    meaning="Commits of submissions at once",
    beyond="The next submissions wait.",
)
"""Batches that are written at the same time."""
MAX_WAITING = Limit(
    1_000,
    "submissions",
    subject=LimitSubject.MEMORY,
    meaning="Submissions that wait for their commit",
    beyond="503 `overloaded`",
)
"""Waiting declarations after which the gateway refuses new ones. Two cores write them within a fifth of a second."""
MAX_RETRY_AFTER_SECONDS = Limit(
    3,
    "seconds",
    subject=LimitSubject.REQUESTS,
    meaning="Retry-After of 503 `overloaded`",
    beyond="The value is a random one below.",
)
"""Maximum seconds in Retry-After of a refusal. The value is random, so that clients do not return at the same time."""
MAX_WAITING_BYTES = Limit(
    64_000_000,
    "bytes",
    subject=LimitSubject.MEMORY,
    meaning="Submissions that wait for their commit, in bytes",
    beyond="503 `overloaded`",
)
IN_MEMORY_LEASE = timedelta(seconds=5)
"""How long a message in memory belongs to this process. Then any dispatcher may lease it."""
ACCEPTED = counter("saola_declarations_accepted", "Declarations that the gateway stored with a 202 response")
MAX_IN_MEMORY_BYTES = Limit(
    16_384,
    "bytes",
    subject=LimitSubject.MEMORY,
    meaning="A submission that permits receives from memory",
    beyond="The gateway reads it from the database again.",
)
"""A larger message is read from the database again, not held in memory."""
DATABASE_UNAVAILABLE = "The database is not available now. Send the declaration again with the same Idempotency-Key."


class LodgedDeclaration(NamedTuple):
    """The receipt of a durable declaration: the same for every repetition."""

    id: UUID
    reference: str
    received_at: datetime
    digest: bytes
    replayed: bool


QueuedSubmission = tuple[Submission, "asyncio.Future[LodgedDeclaration]"]


class SubmissionBatcher:
    """The queue of submissions that wait for the next commit, and the tasks that commit them.

    The insert is one statement with autocommit: BEGIN and COMMIT would add two round trips. Two batches may run at the
    same time, so that one is written while the other is on the network.
    """

    def __init__(self, engine: AsyncEngine, dispatcher: Dispatcher) -> None:
        self._engine, self._dispatcher = autocommit(engine), dispatcher
        self._queue: deque[QueuedSubmission] = deque()
        self._bytes = 0
        self._wakeup = asyncio.Event()
        self._bulk_semaphore = asyncio.Semaphore(MAX_CONCURRENT_BATCHES)

    def submit(self, submission: Submission) -> "asyncio.Future[LodgedDeclaration]":
        """Enqueue a submission. The future returns its receipt when it is durable, or raises its refusal.

        Raise Unavailable at once if too many submissions wait.
        """
        self.require_capacity()
        future: asyncio.Future[LodgedDeclaration] = asyncio.get_running_loop().create_future()
        self._queue.append((submission, future))
        self._bytes += len(submission.body)
        self._wakeup.set()
        return future

    def require_capacity(self) -> None:
        """Raise Unavailable if too many submissions wait. Call it before the body is read: a refusal is cheap then."""
        if len(self._queue) >= MAX_WAITING or self._bytes > MAX_WAITING_BYTES:
            wait = random.randint(1, MAX_RETRY_AFTER_SECONDS)  # noqa: S311
            raise Unavailable(
                "overloaded", f"Too many declarations wait to be stored. Send this one again in {wait} s.", wait
            )

    async def run(self) -> None:
        """Commit queued submissions until the task is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(MAX_CONCURRENT_BATCHES):
                tasks.create_task(self._commit_batches())

    async def _commit_batches(self) -> None:
        """Commit one batch after another."""
        while True:
            await self._wakeup.wait()
            self._wakeup.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(MAX_BATCH, len(self._queue)))]
                self._bytes -= sum(len(submission.body) for submission, _ in batch)
                await self._store_and_resolve(batch)

    async def store_batch(self, batch: Sequence[Submission]) -> "dict[UUID, LodgedDeclaration | Exception]":
        """Store a batch that arrived together, outside the queue. A semaphore limits such batches."""
        async with self._bulk_semaphore:
            return await self._store_or_split(batch)

    async def _store_and_resolve(self, batch: Sequence[QueuedSubmission]) -> None:
        results = await self._store_or_split([submission for submission, _ in batch])
        for submission, future in batch:
            _resolve(future, results[submission.id])

    async def _store_or_split(self, batch: Sequence[Submission]) -> "dict[UUID, LodgedDeclaration | Exception]":
        """Store a batch and return one result each. If the batch itself is at fault, store each submission alone."""
        try:
            return await self._store_with_retry(batch)
        except Exception as error:
            if len(batch) == 1 or is_unavailable(error):
                return dict.fromkeys((submission.id for submission in batch), _to_error(error))
        results: dict[UUID, LodgedDeclaration | Exception] = {}
        for one in batch:
            results |= await self._store_or_split([one])
        return results

    async def _store_with_retry(self, batch: Sequence[Submission]) -> "dict[UUID, LodgedDeclaration | Exception]":
        """Store a batch, and retry once after a lost connection.

        The retry finds by its key what the first attempt stored.
        """
        try:
            return await retry_transaction(lambda: self._store(batch))
        except (DBAPIError, OSError) as error:
            if not is_unavailable(error):
                raise
            logger().warning("database.unavailable", error=error)
        return await retry_transaction(lambda: self._store(batch))

    async def _store(self, batch: Sequence[Submission]) -> "dict[UUID, LodgedDeclaration | Exception]":
        batch = sorted(batch, key=lambda submission: submission.scope)
        at, has_capacity = now(), self._dispatcher.has_capacity
        leased = [
            submission
            for submission in batch
            if has_capacity and len(submission.normalized_body) <= MAX_IN_MEMORY_BYTES
        ]
        leased_ids = {submission.id for submission in leased}
        due = [at + IN_MEMORY_LEASE if submission.id in leased_ids else at for submission in batch]
        async with self._engine.connect() as conn:
            new = await submissions.insert_many(conn, batch, due)
            repeated = [] if len(new) == len(batch) else [one for one in batch if one.id not in new]
            stored = (
                await submissions.list_by_keys(conn, [submission.scope for submission in repeated]) if repeated else {}
            )
            if any([await restored_submissions.complete(conn, one) for one in repeated if one.scope not in stored]):
                stored = await submissions.list_by_keys(conn, [submission.scope for submission in repeated])
        ACCEPTED.inc(len(new))
        self._dispatcher.enqueue_leased([submission.outbox_message for submission in leased if submission.id in new])
        return {submission.id: _result_of(submission, new, stored.get(submission.scope)) for submission in batch}


def _result_of(submission: Submission, new: Set[UUID], stored: RowMapping | None) -> "LodgedDeclaration | Exception":
    """Return the result by the rules of the key: new, repeated, another body, or a reference that is taken."""
    if submission.id in new or (stored is not None and stored["id"] == submission.id):
        return LodgedDeclaration(
            submission.id, submission.reference, submission.received_at, submission.digest, replayed=False
        )
    if stored is None:
        return reference_taken(submission.reference)
    if (stored["digest"], stored["content_type"]) != (submission.digest, submission.content_type):
        return key_reused()
    return LodgedDeclaration(stored["id"], stored["reference"], stored["received_at"], stored["digest"], replayed=True)


def reference_taken(reference: str) -> Conflict:
    """Return the problem of a reference that another declaration of the trader has."""
    return Conflict(
        "reference-taken",
        f"{reference} is the reference of another declaration of this trader. Find it: GET "
        f"/v1/declarations?reference={quote(reference, safe='')}. Amend it, or choose a new reference.",
    )


def _to_error(error: Exception) -> Exception:
    if isinstance(error, ProblemError) or not is_unavailable(error):
        return error
    if is_out_of_space(error):
        logger().error("disk_space.unavailable", error=error)
        return out_of_space()
    return Unavailable("database-unavailable", DATABASE_UNAVAILABLE)


def _resolve(future: "asyncio.Future[LodgedDeclaration]", result: "LodgedDeclaration | Exception") -> None:
    if future.done():
        return
    if isinstance(result, LodgedDeclaration):
        future.set_result(result)
    else:
        future.set_exception(result)
