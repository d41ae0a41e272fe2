"""The worker: sends what waits to its receivers; any number of them run side by side."""

import asyncio
import gc
import signal

import uvloop

from services.notifications.actions.post_office import PostOffice
from services.notifications.clients.webhooks import Receivers
from services.notifications.settings import Settings
from shared import lifeline
from shared.database import connect
from shared.logs import logger, write_logs
from shared.settings import read_or_exit

DRAIN = 25.0
"""Seconds that what flies has to land after a SIGTERM; what does not is sent again when its lease ends."""


def run() -> None:
    """Read the settings and deliver until SIGTERM or SIGINT."""
    lifeline.watch()
    settings = read_or_exit(Settings)
    write_logs("notifications-worker", settings.log_level)
    collect_seldom()
    uvloop.run(serve(settings))


def collect_seldom() -> None:
    """Let the garbage collector pass over what was imported, and come by a hundred times less often.

    It took a third of a worker's time: letters by the hundred are many young objects, and hardly any are in a ring.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(70_000, 10, 10)


async def serve(settings: Settings) -> None:
    """Deliver until a signal says otherwise, then let what flies land."""
    engine = connect(settings.database_url, connections=4)
    receivers = Receivers(allow_loopback=settings.allow_loopback)
    office = PostOffice(engine, receivers.post, schedule=settings.waits)
    ending = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ending.set)
    await receivers.open()
    delivering = asyncio.create_task(office.run())
    logger().info("worker.started")
    waiting = asyncio.create_task(ending.wait())
    await asyncio.wait({delivering, waiting}, return_when=asyncio.FIRST_COMPLETED)
    office.stop()
    try:
        await asyncio.wait_for(delivering, DRAIN)
    except TimeoutError:
        logger().warning("worker.cut_short")
    finally:
        waiting.cancel()
        await receivers.close()
        await engine.dispose()
