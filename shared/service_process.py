"""The start, the work and the end of a process of the hub, for servers and workers."""

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from shared import supervision
from shared.database import DATABASE_ERRORS
from shared.gc_tuning import tune_garbage_collector
from shared.heartbeat import send_heartbeats
from shared.limits import Limit, LimitSubject
from shared.logs import configure_logging, logger
from shared.settings import ServiceSettings
from shared.startup_checks import load_settings_or_exit

S = TypeVar("S", bound=ServiceSettings)
RETRY_SECONDS = 0.5
"""Seconds between two attempts to start while the database is away."""
DRAIN_SECONDS = Limit(
    25,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="Time for open requests after SIGTERM",
    beyond="The process ends them.",
)
"""Seconds in which requests and deliveries under way finish after SIGTERM. Containers are killed after 30 s."""


def start_process(name: str, model: type[S]) -> S:
    """Return the checked settings of a process. Configure its logs, and end it with its supervisor if it has one.

    Until it has read its settings, it logs at the level INFO.
    """
    configure_logging(name)
    supervision.exit_with_supervisor()
    settings = load_settings_or_exit(model)
    configure_logging(name, settings.log_level)
    return settings


def raise_file_limit(wanted: int) -> int:
    """Raise the limit of open files of this process to a number, or as far as the system allows. Return the limit.

    Each connection is an open file, and many systems allow a process only 1,024 of them at first.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


def run_worker(name: str, model: type[S], work: Callable[[S], Coroutine[Any, Any, None]]) -> None:
    """Run a worker process until SIGTERM or SIGINT."""
    import uvloop

    settings = start_process(name, model)
    tune_garbage_collector()
    uvloop.run(work(settings))


async def work_until_signal(
    work: Coroutine[Any, Any, None], *background: Coroutine[Any, Any, None], drain: Callable[[], None] | None = None
) -> None:
    """Run a worker's loop with its background tasks until SIGTERM or SIGINT. Raise the error that ends the loop.

    `drain` makes the loop finish what is under way, within 25 s. Without it the loop is cancelled.
    """
    stop_requested = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop_requested.set)
    async with background_tasks(send_heartbeats(), *background):
        working, stopping = asyncio.create_task(work), asyncio.create_task(stop_requested.wait())
        logger().info("worker.started")
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        (drain or working.cancel)()
        _, unfinished = await asyncio.wait({working}, timeout=DRAIN_SECONDS)
        if unfinished:
            logger().warning("worker.drain_timed_out")
        await _cancel(stopping, *unfinished)
    if not working.cancelled():
        working.result()


@asynccontextmanager
async def background_tasks(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run tasks while the block runs. If a task fails, end the process: its supervisor starts it again.

    A process that went on without its background task would accept work that it never does.
    """
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    for task in tasks:
        task.add_done_callback(_end_process_on_failure)
    try:
        yield
    finally:
        await _cancel(*tasks)


async def wait_for_database(work: Callable[[], Awaitable[object]]) -> None:
    """Run the first work of a process, and repeat it until the database responds and is migrated."""
    while True:
        try:
            await work()
        except DATABASE_ERRORS as error:
            logger().warning("startup.waiting", error=error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _end_process_on_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        try:
            logger().error("task.failed", exc_info=error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
