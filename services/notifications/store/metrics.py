"""Figures of deliveries over all workers: sent on time, waiting, given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.rate_limits import MAX_COOLDOWN
from services.notifications.store.tables import (
    DELIVERY_IS_GIVEN_UP,
    DELIVERY_IS_PENDING,
    ENDPOINT_IS_KEPT,
    ENDPOINT_IS_SENT_TO,
    deliveries,
    delivery_queues,
    endpoints,
    events,
    failure_streaks,
    feed_counter,
    rate_limits,
)
from shared.limits import Limit, LimitSubject

MAX_COUNTED = Limit(
    50_000,
    "rows",
    subject=LimitSubject.MEMORY,
    meaning="Rows that one metric counts",
    beyond="The metric shows the limit.",
)
"""The maximum of counted deliveries: enough for a reliable share, and counted in a fraction of a second."""
# Raw: the plan reads backwards from the newest delivery and stops at the limit; counts with FILTER are shorter in SQL.
_ON_TIME = text("""
    WITH recent AS (
        SELECT d.id, e.at
        FROM deliveries d JOIN events e ON e.position = d.position
             JOIN endpoints n ON n.id = d.endpoint_id AND n.status = 'active'
        WHERE d.position >= (SELECT min(position) FROM events WHERE at >= :since)
          AND e.at >= :since AND e.at <= :until AND d.status <> 'dropped'
          AND NOT EXISTS (SELECT FROM failure_streaks f WHERE f.endpoint_id = d.endpoint_id AND f.since <= e.at)
        ORDER BY d.position DESC LIMIT :row_limit
    )
    SELECT count(*) AS due, count(*) FILTER (
        WHERE (SELECT min(a.at) FROM attempts a WHERE a.delivery_id = r.id) <= r.at + CAST(:limit AS interval)
    ) AS on_time
    FROM recent r
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class OnTimeCounts:
    """The deliveries that were due in a span of time, and how many of them were sent on time."""

    due: int
    on_time: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """The number of waiting deliveries, and the time of the oldest event among them."""

    deliveries: int
    oldest: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointStateCounts:
    """Endpoints that have only failures, endpoints in a cooldown, and the deliveries in flight."""

    failing: int
    in_cooldown: int
    in_flight: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TotalCounts:
    """Events received since the beginning, events that wait for a predecessor, and deliveries given up."""

    received: int
    without_position: int
    given_up: int


async def count_on_time(conn: AsyncConnection, *, since: datetime, until: datetime, limit: timedelta) -> OnTimeCounts:
    """Return how many deliveries of a span of time were due, and how many of them were sent on time.

    Paused endpoints and endpoints with only failures do not count: their deliveries do not wait for the hub.
    """
    given = {"since": since, "until": until, "limit": limit, "row_limit": MAX_COUNTED}
    row = (await conn.execute(_ON_TIME, given)).one()
    return OnTimeCounts(due=row.due, on_time=row.on_time)


async def count_backlog(conn: AsyncConnection) -> dict[str, Backlog]:
    """Return the backlogs by the status of the endpoints."""
    d, n, e = deliveries.c, endpoints.c, events.c
    waiting = (
        select(d.endpoint_id, func.count().label("number"), func.min(d.position).label("first"))
        .where(DELIVERY_IS_PENDING)
        .group_by(d.endpoint_id)
        .subquery("waiting")
    )
    query = (
        select(
            n.status,
            cast(func.sum(waiting.c.number), BigInteger).label("deliveries"),
            func.min(e.at).label("oldest"),
        )
        .select_from(waiting)
        .join(endpoints, n.id == waiting.c.endpoint_id)
        .join(events, e.position == waiting.c.first)
        .group_by(n.status)
    )
    return {row.status: Backlog(deliveries=row.deliveries, oldest=row.oldest) for row in await conn.execute(query)}


async def count_endpoints(conn: AsyncConnection) -> dict[str, int]:
    """Return the number of endpoints of each status."""
    status = endpoints.c.status
    query = select(status, func.count().label("number")).where(ENDPOINT_IS_KEPT).group_by(status)
    return {row.status: row.number for row in await conn.execute(query)}


async def count_endpoint_states(conn: AsyncConnection, *, at: datetime) -> EndpointStateCounts:
    """Count the endpoints that have only failures, those in a cooldown, and the deliveries in flight now."""
    r, q = rate_limits.c, delivery_queues.c
    failing = (
        select(func.count())
        .select_from(failure_streaks)
        .join(endpoints, endpoints.c.id == failure_streaks.c.endpoint_id)
        .where(ENDPOINT_IS_SENT_TO)
    )
    in_cooldown = (
        select(func.count())
        .select_from(rate_limits)
        .join(endpoints, endpoints.c.id == r.endpoint_id)
        .where(ENDPOINT_IS_SENT_TO, r.cooldown_until > at, r.cooldown_until <= at + MAX_COOLDOWN)
    )
    in_flight = select(func.count()).select_from(delivery_queues).where(q.claim.is_not(None), q.due_at > at)
    query = select(
        failing.scalar_subquery().label("failing"),
        in_cooldown.scalar_subquery().label("in_cooldown"),
        in_flight.scalar_subquery().label("in_flight"),
    )
    row = (await conn.execute(query)).one()
    return EndpointStateCounts(failing=row.failing, in_cooldown=row.in_cooldown, in_flight=row.in_flight)


async def count_totals(conn: AsyncConnection) -> TotalCounts:
    """Count the events received since the beginning, those without a position, and the deliveries given up."""
    without_position = select(func.count()).select_from(events).where(events.c.position.is_(None))
    given_up = select(func.count()).select_from(deliveries).where(DELIVERY_IS_GIVEN_UP)
    query = select(
        select(feed_counter.c.position).scalar_subquery().label("received"),
        without_position.scalar_subquery().label("without_position"),
        given_up.scalar_subquery().label("given_up"),
    )
    row = (await conn.execute(query)).one()
    return TotalCounts(received=row.received, without_position=row.without_position, given_up=row.given_up)
