"""Statements that count or list one status are served by its partial index, under a generic plan too."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store import deliveries, endpoints, metrics, withdrawal_queues
from shared.database import now
from tests.notifications.conftest import Service

Read = Callable[[AsyncConnection], Awaitable[Any]]


def list_given_up(conn: AsyncConnection) -> Awaitable[Any]:
    return deliveries.list_for_endpoint(conn, uuid4(), status="given_up", before=2**62, limit=50)


def list_endpoints(conn: AsyncConnection) -> Awaitable[Any]:
    return endpoints.list_owned(conn, uuid4(), before=None, limit=50)


def overtake(conn: AsyncConnection) -> Awaitable[Any]:
    return withdrawal_queues.overtake(conn, [7], at=now())


def overtake_failing(conn: AsyncConnection) -> Awaitable[Any]:
    head = {"endpoint_id": uuid4(), "subject": "permit:1", "delivery_id": uuid4(), "attempts": 1}
    return withdrawal_queues.overtake_failing(conn, [head], at=now())


@pytest.mark.parametrize(
    ("index", "read"),
    [
        ("deliveries_given_up", list_given_up),
        ("deliveries_given_up", metrics.count_totals),
        ("deliveries_pending", metrics.count_backlog),
        ("endpoints_by_party", list_endpoints),
        ("deliveries_by_position", overtake),
        ("deliveries_pending", overtake_failing),
    ],
)
async def test_status_query_uses_its_partial_index(service: Service, index: str, read: Read) -> None:
    async with service.engine.begin() as conn:
        settings = ("SET LOCAL plan_cache_mode = force_generic_plan", "SET LOCAL enable_seqscan = off")
        for setting in settings:
            await conn.execute(text(setting))
        await read(conn)
        scans = text("SELECT pg_stat_get_xact_numscans(CAST(:index AS regclass))")
        assert (await conn.execute(scans, {"index": index})).scalar_one() == 1
