"""The metrics of notifications. The most important is the share of deliveries that were sent within 10 s."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from prometheus_client.core import CounterMetricFamily, Metric
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.store import metrics as store
from shared.clock_skew import read_database_skew
from shared.contracts.closed_sets import EndpointStatus
from shared.database import now
from shared.metrics import DATABASE, clock_skew_gauge, gauge

ON_TIME_LIMIT = timedelta(seconds=10)
WINDOW = timedelta(minutes=5)
ENDPOINT_STATUSES = (EndpointStatus.ACTIVE, EndpointStatus.PENDING, EndpointStatus.PAUSED, EndpointStatus.DISABLED)


async def collect_metrics(engine: AsyncEngine) -> Sequence[Metric]:
    """Return the metrics. They come from the database, so they are right for any number of workers."""
    at = now()
    async with engine.connect() as conn:
        sent, waiting = await _on_time_metrics(conn, at), await _backlog_metrics(conn, at)
        skew = clock_skew_gauge({DATABASE: await read_database_skew(conn)})
        return [skew, *sent, *waiting, *await _endpoint_state_metrics(conn, at), *await _total_metrics(conn)]


async def _on_time_metrics(conn: AsyncConnection, at: datetime) -> list[Metric]:
    counts = await store.count_on_time(
        conn, since=at - WINDOW - ON_TIME_LIMIT, until=at - ON_TIME_LIMIT, limit=ON_TIME_LIMIT
    )
    share = "Share of the deliveries of the last 5 minutes that were sent within 10 s of the event; 1 if there are none"
    description = "Deliveries of the last 5 minutes, by whether they were sent within 10 s of the event"
    return [
        gauge("saola_events_sent_within_10s_share", share, [((), counts.on_time / counts.due if counts.due else 1.0)]),
        gauge(
            "saola_events_recent",
            description,
            [(("true",), counts.on_time), (("false",), counts.due - counts.on_time)],
            ["within_10s"],
        ),
    ]


async def _backlog_metrics(conn: AsyncConnection, at: datetime) -> list[Metric]:
    backlogs = await store.count_backlog(conn)
    counts = [
        ((state,), float(backlogs[state].deliveries) if state in backlogs else 0.0) for state in ENDPOINT_STATUSES
    ]
    ages = [((state,), _age(backlogs[state].oldest, at) if state in backlogs else 0.0) for state in ENDPOINT_STATUSES]
    age_description = "Age of the oldest event that waits for an endpoint of this status"
    return [
        gauge("saola_letters_waiting", "Deliveries that wait, by the status of their endpoint", counts, ["endpoint"]),
        gauge("saola_letters_oldest_waiting_seconds", age_description, ages, ["endpoint"]),
    ]


def _age(since: datetime, at: datetime) -> float:
    return max((at - since).total_seconds(), 0.0)


async def _endpoint_state_metrics(conn: AsyncConnection, at: datetime) -> list[Metric]:
    found = await store.count_endpoint_states(conn, at=at)
    failing_description = (
        "Active and pending endpoints that have only failures; each gets the smallest share of capacity until a success"
    )
    cooldown_description = "Endpoints in a cooldown (429 with Retry-After), to which the hub sends nothing"
    return [
        gauge("saola_letters_flying", "Deliveries in flight, over all workers", [((), found.in_flight)]),
        gauge("saola_endpoints_failing", failing_description, [((), found.failing)]),
        gauge("saola_endpoints_resting", cooldown_description, [((), found.in_cooldown)]),
    ]


async def _total_metrics(conn: AsyncConnection) -> list[Metric]:
    totals, endpoints = await store.count_totals(conn), await store.count_endpoints(conn)
    received = CounterMetricFamily("saola_events_taken", "Events received since the beginning")
    received.add_metric([], totals.received)
    held_description = "Events that wait for an earlier event of their subject"
    every = [((state,), float(endpoints.get(state, 0))) for state in ENDPOINT_STATUSES]
    return [
        received,
        gauge("saola_events_held", held_description, [((), totals.without_position)]),
        gauge("saola_letters_given_up", "Deliveries given up and not sent again since", [((), totals.given_up)]),
        gauge("saola_endpoints", "Endpoints, by their status", every, ["status"]),
    ]
