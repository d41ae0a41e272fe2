"""The comparison of two sets of ids, and the times at which a reconciliation compares."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import xor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, true
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.store.tables import outbox_parties
from shared import id_groups
from shared.contracts.closed_sets import ReconciliationStatus
from shared.contracts.limits import RECONCILED_IDS
from shared.contracts.reconciliation import IdGroup
from shared.reconciliation import (
    LONG_AGO,
    RECENT,
    RECENT_INTERVAL,
    STEP,
    Difference,
    IdSet,
    Period,
    Reconciliation,
    earlier_periods,
    find_differences,
)
from shared.reconciliation_state import Mended, read_states
from shared.service_client import ServiceUnreachable

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _group(ids: Iterable[UUID], under: str, digits: int) -> tuple[IdGroup, ...]:
    members: dict[str, list[UUID]] = defaultdict(list)
    for one in ids:
        if one.hex.startswith(under):
            members[one.hex[:digits]].append(one)
    return tuple(
        IdGroup(prefix=prefix, count=len(found), digest=reduce(xor, (one.int & (2**48 - 1) for one in found)))
        for prefix, found in sorted(members.items())
    )


class _Ids:
    """A set of ids in memory, which records the groups that were listed."""

    def __init__(self, ids: Collection[UUID]) -> None:
        self.ids, self.listed = set(ids), list[str]()

    def as_set(self) -> IdSet:
        return IdSet(read_groups=self.read_groups, list_ids=self.list_ids)

    async def read_groups(self, under: str, digits: int) -> Sequence[IdGroup]:
        return _group(self.ids, under, digits)

    async def list_ids(self, under: str) -> Collection[UUID]:
        self.listed.append(under)
        found = [one for one in self.ids if one.hex.startswith(under)]
        assert len(found) <= RECONCILED_IDS
        return found


async def _compare(sent: _Ids, received: _Ids, existing: Collection[UUID]) -> list[Difference]:
    async def list_existing(ids: Collection[UUID]) -> set[UUID]:
        return set(ids) & set(existing)

    found = find_differences(sent.as_set(), received.as_set(), list_existing, digits=2)
    return [difference async for difference in found]


async def test_equal_sets_are_compared_without_a_list() -> None:
    ids = [uuid4() for _ in range(500)]
    sent, received = _Ids(ids), _Ids(ids)
    assert await _compare(sent, received, ids) == []
    assert (sent.listed, received.listed) == ([], [])


async def test_group_of_many_ids_is_compared_in_smaller_groups() -> None:
    ids = [UUID(int=0x77 << 120 | uuid4().int >> 8) for _ in range(2 * RECONCILED_IDS)]
    sent, received = _Ids(ids), _Ids(ids[1:])
    assert await _compare(sent, received, ids) == [Difference(missing=frozenset(ids[:1]), unknown=frozenset())]
    assert sent.listed == [ids[0].hex[:4]]


async def test_messages_of_one_side_are_missing_or_unknown_or_under_way() -> None:
    missing, unknown, under_way = (UUID(int=number) for number in (1, 2, 3))
    found = await _compare(_Ids([missing]), _Ids([unknown, under_way]), [missing, under_way])
    assert found == [Difference(missing=frozenset([missing]), unknown=frozenset([unknown]))]


async def test_groups_of_the_database_have_the_count_and_digest_of_their_ids(gateway_db: AsyncEngine) -> None:
    column, ids = outbox_parties.c.id, [uuid4() for _ in range(600)]
    message = {"destination": "permits", "party": {}, "due_at": AT}
    async with gateway_db.begin() as conn:
        await conn.execute(insert(outbox_parties), [{"id": one, **message} for one in ids])
        found = await id_groups.read_groups(conn, column, true(), under="", digits=1)
        assert found == _group(ids, "", 1)
        under = ids[0].hex[0]
        assert await id_groups.read_groups(conn, column, true(), under=under, digits=2) == _group(ids, under, 2)
        listed = await id_groups.list_ids(conn, column, true(), under=under, limit=1_000)
        assert listed == sorted(one for one in ids if one.hex.startswith(under))
        assert await id_groups.list_existing(conn, column, [ids[0], UUID(int=1)]) == {ids[0]}


def _recorded(results: dict[int, Mended | Exception]) -> tuple[Reconciliation, list[Period]]:
    """Return a reconciliation of two earlier periods, and the periods that it compares."""
    periods: list[Period] = []

    async def reconcile(engine: AsyncEngine, period: Period) -> Mended:
        periods.append(period)
        result = results.get(len(periods), Mended())
        if isinstance(result, Exception):
            raise result
        return result

    async def find_first(engine: AsyncEngine, at: datetime) -> datetime:
        return AT - RECENT - STEP

    return Reconciliation("messages", reconcile, find_first), periods


async def test_reconciliation_compares_everything_first_and_the_recent_later(gateway_db: AsyncEngine) -> None:
    reconciliation, periods = _recorded({})
    await reconciliation.run(gateway_db, AT)
    assert [period.since for period in periods] == [AT - RECENT, AT - RECENT - STEP, LONG_AGO]
    await reconciliation.run(gateway_db, AT + RECENT_INTERVAL / 2)
    assert len(periods) == 3
    await reconciliation.run(gateway_db, AT + RECENT_INTERVAL)
    assert [period.since for period in periods[3:]] == [AT + RECENT_INTERVAL - RECENT]


async def test_difference_in_recent_messages_makes_it_compare_everything(gateway_db: AsyncEngine) -> None:
    reconciliation, periods = _recorded({4: Mended(sent_again=1)})
    await reconciliation.run(gateway_db, AT)
    await reconciliation.run(gateway_db, AT + RECENT_INTERVAL)
    assert len(periods) > 4
    assert periods[-1].since == LONG_AGO


async def test_reconciliation_without_its_receiver_is_repeated(gateway_db: AsyncEngine) -> None:
    reconciliation, periods = _recorded({2: ServiceUnreachable("away")})
    await reconciliation.run(gateway_db, AT)
    assert len(periods) == 2
    await reconciliation.run(gateway_db, AT + timedelta(seconds=5))
    assert [period.since for period in periods[2:]][-1] == LONG_AGO


async def _state(engine: AsyncEngine) -> tuple[ReconciliationStatus, datetime | None, int, int]:
    (state,) = await read_states(engine)
    return state.status, state.compared_at, state.sent_again, state.adopted


async def test_state_of_a_reconciliation_shows_its_end_its_failure_and_its_counts(gateway_db: AsyncEngine) -> None:
    away = ServiceUnreachable("away")
    results: dict[int, Mended | Exception] = {1: away, 3: Mended(sent_again=2), 4: Mended(adopted=1), 5: away}
    results[6] = RuntimeError("fault")
    reconciliation, _ = _recorded(results)
    await reconciliation.run(gateway_db, AT)
    assert await _state(gateway_db) == (ReconciliationStatus.FAILED, None, 0, 0)
    await reconciliation.run(gateway_db, AT)
    assert await _state(gateway_db) == (ReconciliationStatus.DONE, AT, 2, 1)
    await reconciliation.run(gateway_db, AT + RECENT_INTERVAL)
    assert await _state(gateway_db) == (ReconciliationStatus.FAILED, AT, 2, 1)
    with pytest.raises(RuntimeError):
        await reconciliation.run(gateway_db, AT + RECENT_INTERVAL)
    assert await _state(gateway_db) == (ReconciliationStatus.FAILED, AT, 2, 1)


async def test_state_of_a_reconciliation_is_running_while_it_compares_everything(gateway_db: AsyncEngine) -> None:
    seen: list[ReconciliationStatus] = []

    async def reconcile(engine: AsyncEngine, period: Period) -> Mended:
        seen.extend(state.status for state in await read_states(engine))
        return Mended()

    async def find_first(engine: AsyncEngine, at: datetime) -> datetime:
        return at

    await Reconciliation("messages", reconcile, find_first).run(gateway_db, AT)
    assert seen == [ReconciliationStatus.RUNNING]


def test_earlier_periods_leave_no_gap() -> None:
    periods = list(earlier_periods(AT - 3.5 * STEP, AT))
    assert periods[0].until == AT
    assert periods[-1].since == LONG_AGO
    assert all(later.since == earlier.until for later, earlier in pairwise(periods))
