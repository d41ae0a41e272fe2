"""Metrics for Prometheus: counters of this process, and figures that each request reads from the database.

The counters of several processes add up. Figures from the database are the same from every process.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.database import DATABASE_ERRORS
from shared.limits import Limit, LimitSubject
from shared.logs import log_request

PROCESS_REGISTRY = CollectorRegistry()
"""The counters of this process."""
DATABASE = "database"
"""The name of the clock of the service's database."""
HEAD_TIMEOUT_SECONDS = 5.0
MAX_HEAD_BYTES = Limit(
    8_192,
    "bytes",
    subject=LimitSubject.REQUESTS,
    meaning="The head of a request for metrics",
    beyond="The connection is closed.",
)
ReadMetrics = Callable[[], Awaitable[Sequence[Metric]]]


def counter(name: str, description: str, labels: Sequence[str] = ()) -> Counter:
    """Return a new counter of this process. It starts at zero when the process starts."""
    return Counter(name, description, labels, registry=PROCESS_REGISTRY)


def gauge(
    name: str, description: str, values: Iterable[tuple[tuple[str, ...], float]], labels: Sequence[str] = ()
) -> Metric:
    """Return a gauge with one figure for each set of label values."""
    family = GaugeMetricFamily(name, description, labels=labels)
    for label_values, value in values:
        family.add_metric(label_values, value)
    return family


def clock_skew_gauge(skews: Mapping[str, float]) -> Metric:
    """Return the seconds by which the clock of this process is ahead of other clocks, by their names."""
    description = "Seconds by which the clock of this process is ahead of another clock; below zero if it is behind"
    return gauge("saola_clock_skew_seconds", description, [((name,), skew) for name, skew in skews.items()], ["other"])


@dataclass(frozen=True)
class QueueBacklog:
    """The number of waiting entries of a queue, and the time of the oldest."""

    count: int
    oldest: datetime | None

    def metrics(self, name: str, description: str, at: datetime) -> list[Metric]:
        """Return both as gauges: `<name>_waiting` and `<name>_oldest_waiting_seconds`."""
        age = 0.0 if self.oldest is None else max((at - self.oldest).total_seconds(), 0.0)
        return [
            gauge(f"{name}_waiting", f"{description} that wait", [((), self.count)]),
            gauge(
                f"{name}_oldest_waiting_seconds", f"How long the oldest of them has waited ({description})", [((), age)]
            ),
        ]


async def render_metrics(read_metrics: ReadMetrics) -> bytes:
    """Render all metrics. If the database does not respond: those of the process, and `saola_database_up 0`."""
    try:
        found, up = list(await read_metrics()), 1.0
    except DATABASE_ERRORS:
        found, up = [], 0.0
    found.append(gauge("saola_database_up", "Whether the service's database answered just now", [((), up)]))
    snapshot = CollectorRegistry()
    snapshot.register(_StaticCollector(found))
    return generate_latest(PROCESS_REGISTRY) + generate_latest(snapshot)


async def serve_metrics(read_metrics: ReadMetrics, host: str, port: int) -> asyncio.Server:
    """Serve GET /metrics on a port that is not public. Return the server, so that the caller can close it."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_TIMEOUT_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            began = time.perf_counter()
            writer.write(
                _ok_response(await render_metrics(read_metrics))
                if head.startswith(b"GET /metrics ")
                else _NOT_FOUND_RESPONSE
            )
            await writer.drain()
            milliseconds = round((time.perf_counter() - began) * 1000, 2)
            log_request(logging.DEBUG, {"method": "GET", "route": "/metrics", "milliseconds": milliseconds})
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(respond, host, port, limit=MAX_HEAD_BYTES)


_NOT_FOUND_RESPONSE = (
    b"HTTP/1.1 404 Not Found\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


def _ok_response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE_LATEST}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n".encode() + body


class _StaticCollector(Collector):
    """Collects metrics that were read before."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Return the metrics."""
        return self._metrics
