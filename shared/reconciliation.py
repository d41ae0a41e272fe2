"""The reconciliation of two services: find the ids that only one of them stores.

Backups may have different age. After their restore, a receiver may lack messages that its sender has settled, or store
messages that its sender does not know. Equal groups of ids need no further look. So two services that agree exchange a
few kilobytes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Column, ColumnElement
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import id_groups, reconciliation_state
from shared.contracts.closed_sets import ReconciliationStatus
from shared.contracts.fields import WireModel, format_timestamp
from shared.contracts.limits import RECONCILED_IDS
from shared.contracts.parties import Caller
from shared.contracts.reconciliation import IdGroup, IdGroups, IdList
from shared.database import now
from shared.logs import logger
from shared.message_batches import JSON_HEADERS
from shared.reconciliation_state import Loss, Mended
from shared.request_context import current_request_id
from shared.service_client import ResponseLost, ServiceClient, ServiceUnreachable

M = TypeVar("M", bound=WireModel)
MORE_DIGITS = 2
"""The digits by which the groups inside a group are longer: at most 256 groups."""


NAMED_IDS = 20
"""The most ids of one log line."""
LISTED_IDS = 2 * RECONCILED_IDS
"""The most ids of one list. A group may grow between its count and its list."""
RECENT = timedelta(days=2)
"""The recent messages: more than anybody needs to notice a restore."""
RECENT_INTERVAL = timedelta(minutes=1)
CHECK_SECONDS = 5.0
"""Seconds between two looks at whether a reconciliation is due, or possible again."""
COMPLETE_INTERVAL = timedelta(days=1)
STEP = timedelta(days=10)
"""The length of one period, so that no statement of a pass takes long."""
MARGIN = timedelta(minutes=1)
"""The most by which the clock of another machine may be ahead."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Period:
    """A time from `since` to before `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class IdSet:
    """A set of ids that one service stores: its groups by `(under, digits)`, and the ids of one group."""

    read_groups: Callable[[str, int], Awaitable[Sequence[IdGroup]]]
    list_ids: Callable[[str], Awaitable[Collection[UUID]]]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The ids of one group that only one service stores."""

    missing: frozenset[UUID]
    """Settled by the sender, and not stored by the receiver."""
    unknown: frozenset[UUID]
    """Stored by the receiver, and not by the sender."""


async def find_differences(
    sent: IdSet,
    received: IdSet,
    list_existing: Callable[[Collection[UUID]], Awaitable[set[UUID]]],
    *,
    digits: int,
    under: str = "",
) -> AsyncIterator[Difference]:
    """Yield the differences between the settled messages of a sender and those that its receiver stores.

    `list_existing` returns which ids the sender stores, settled or not. Groups with the highest ids come first.
    Messages on their way are no difference: the sender's ids are read before those of the receiver, and after them.
    """
    theirs = {group.prefix: group for group in await received.read_groups(under, digits)}
    ours = {group.prefix: group for group in await sent.read_groups(under, digits)}
    for prefix in sorted(ours.keys() | theirs.keys(), reverse=True):
        if ours.get(prefix) == theirs.get(prefix):
            continue
        if max(_count(ours, prefix), _count(theirs, prefix)) > RECONCILED_IDS:
            async for difference in find_differences(
                sent, received, list_existing, digits=digits + MORE_DIGITS, under=prefix
            ):
                yield difference
            continue
        settled = frozenset(await sent.list_ids(prefix))
        stored = frozenset(await received.list_ids(prefix))
        unknown = stored - settled
        known = await list_existing(unknown) if unknown else set()
        difference = Difference(missing=settled - stored, unknown=unknown - known)
        if difference.missing or difference.unknown:
            yield difference


class Reconciliation:
    """The reconciliation of one outbox: all messages first, later the recent ones, and all again after a difference.

    `reconcile` compares one period and returns what it mended. A restore always loses the newest messages, so a short
    look at recent ones finds it. The database has the state.
    """

    def __init__(
        self,
        messages: str,
        reconcile: Callable[[AsyncEngine, Period], Awaitable[Mended]],
        find_first: Callable[[AsyncEngine, datetime], Awaitable[datetime]],
    ) -> None:
        self._messages, self._reconcile, self._find_first = messages, reconcile, find_first
        self._last_at = self._last_complete_at = LONG_AGO

    async def run(self, engine: AsyncEngine, at: datetime) -> None:
        """Compare what is due at a time. If the receiver is away, the next run tries again."""
        if at - self._last_at < RECENT_INTERVAL:
            return
        try:
            await self.run_once(engine, at)
        except (ServiceUnreachable, ResponseLost) as error:
            logger().info("reconciliation.interrupted", messages=self._messages, error=error)

    async def run_once(self, engine: AsyncEngine, at: datetime) -> None:
        """Compare recent messages; also the earlier ones if they are due or differ.

        Raise ServiceUnreachable or ResponseLost.
        """
        try:
            await self._compare(engine, at)
        except Exception:
            await store_status(engine, self._messages, ReconciliationStatus.FAILED)
            raise
        self._last_at = at
        await store_status(engine, self._messages, ReconciliationStatus.DONE, compared_at=at)

    async def _compare(self, engine: AsyncEngine, at: datetime) -> None:
        recent = Period(since=at - RECENT, until=at + MARGIN)
        mended = await self._compare_period(engine, recent)
        if mended or at - self._last_complete_at >= COMPLETE_INTERVAL:
            await store_status(engine, self._messages, ReconciliationStatus.RUNNING)
            first = await self._find_first(engine, at)
            for period in earlier_periods(first, recent.since):
                mended += await self._compare_period(engine, period)
            self._last_complete_at = at
            logger().info("reconciliation.completed", messages=self._messages, **asdict(mended))

    async def _compare_period(self, engine: AsyncEngine, period: Period) -> Mended:
        mended = await self._reconcile(engine, period)
        await store_mended(engine, self._messages, mended)
        return mended


async def store_status(
    engine: AsyncEngine, messages: str, status: ReconciliationStatus, *, compared_at: datetime | None = None
) -> None:
    """Store the status of a reconciliation, and the time of a comparison that ended."""
    async with engine.begin() as conn:
        await reconciliation_state.record_status(conn, messages, status, compared_at=compared_at)


async def store_mended(engine: AsyncEngine, messages: str, mended: Mended) -> None:
    """Add what a reconciliation mended to its counts."""
    if mended:
        async with engine.begin() as conn:
            await reconciliation_state.record_mended(conn, messages, mended)


async def report_lost(engine: AsyncEngine, messages: str, loss: Loss, lost: Mapping[UUID, str | None]) -> None:
    """Store what cannot be mended, by id with a detail. Write a log line about what was not known to be lost."""
    if not lost:
        return
    async with engine.begin() as conn:
        new = await reconciliation_state.record_lost(conn, messages, loss, lost, at=now())
    if new:
        ids = [str(lost_id) for lost_id in new[:NAMED_IDS]]
        logger().error("reconciliation.failed", messages=messages, reason=loss.reason, count=len(new), ids=ids)


def earlier_periods(first: datetime, until: datetime) -> Iterator[Period]:
    """Yield the periods from `first` to `until`, the newest first, and last all time before `first`."""
    while until > first:
        since = max(first, until - STEP)
        yield Period(since=since, until=until)
        until = since
    yield Period(since=LONG_AGO, until=until)


def _count(groups: Mapping[str, IdGroup], prefix: str) -> int:
    return groups[prefix].count if prefix in groups else 0


def stored_ids(engine: AsyncEngine, ids: Column[Any], condition: ColumnElement[bool]) -> IdSet:
    """Return the ids of a table of this service that meet a condition."""

    async def read_groups(under: str, digits: int) -> Sequence[IdGroup]:
        async with engine.connect() as conn:
            return await id_groups.read_groups(conn, ids, condition, under=under, digits=digits)

    async def list_ids(under: str) -> Collection[UUID]:
        async with engine.connect() as conn:
            return await id_groups.list_ids(conn, ids, condition, under=under, limit=LISTED_IDS)

    return IdSet(read_groups=read_groups, list_ids=list_ids)


def period_query(period: Period) -> list[tuple[str, str]]:
    """Return the query parameters of a period."""
    return [("since", format_timestamp(period.since)), ("until", format_timestamp(period.until))]


def remote_ids(service: ServiceClient, path: str, period: Period, *, sender: str) -> IdSet:
    """Return the ids that a receiver stores of a time, by its routes `path` and `path/groups`.

    They raise ServiceUnreachable or ResponseLost.
    """
    times = period_query(period)

    async def read_groups(under: str, digits: int) -> Sequence[IdGroup]:
        query = [*times, ("under", under), ("digits", str(digits))]
        return (await read_model(service, "GET", f"{path}/groups", IdGroups, sender=sender, query=query)).groups

    async def list_ids(under: str) -> Collection[UUID]:
        query = [*times, ("under", under)]
        return (await read_model(service, "GET", path, IdList, sender=sender, query=query)).ids

    return IdSet(read_groups=read_groups, list_ids=list_ids)


async def read_model(
    service: ServiceClient,
    method: str,
    path: str,
    model: type[M],
    *,
    sender: str,
    query: list[tuple[str, str]] | None = None,
    body: WireModel | None = None,
) -> M:
    """Return the response of another service as a model. Raise ServiceUnreachable or ResponseLost."""
    caller = Caller(service=sender, request_id=current_request_id())
    content = None if body is None else body.model_dump_json().encode()
    reply = await service.call(method, path, caller=caller, query=query, body=content, headers=JSON_HEADERS)
    if reply.status != 200:
        raise ResponseLost(f"{service.name} answered {reply.status}")
    try:
        return model.model_validate_json(reply.body)
    except ValidationError as error:
        raise ResponseLost(f"the response of {service.name} could not be read") from error
