"""The worker: sends what waits to its receivers; any number of them run side by side."""

import asyncio
import resource
import signal

import uvloop

from services.notifications.actions import retention
from services.notifications.actions.delivery_worker import PostOffice
from services.notifications.actions.encryption_keys import Keys
from services.notifications.clients.webhooks import Receivers
from services.notifications.settings import Settings
from shared import supervision
from shared.database import connect
from shared.gc_tuning import collect_seldom
from shared.heartbeat import beat
from shared.logs import logger, write_logs
from shared.signed_tokens import KeyFile
from shared.startup_checks import ready_or_exit

MOST_FILES = 8192
DRAIN = 25.0
"""Seconds that what flies has to land after a SIGTERM; what does not is sent again when its lease ends."""


def run() -> None:
    """Read the settings and deliver until SIGTERM or SIGINT."""
    supervision.watch()
    settings = ready_or_exit(Settings)
    write_logs("notifications-worker", settings.log_level)
    collect_seldom()
    uvloop.run(serve(settings))


def most_flying() -> int:
    """Let the process open as many files as it may, up to 8,192; answer how many letters may fly, a quarter of that.

    The rest is for connections that are kept for the next letter, and for what else has to be open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted // 4


async def serve(settings: Settings) -> None:
    """Deliver until a signal says otherwise, then let what flies land."""
    engine = connect(settings.database_url, connections=4)
    keys = Keys(KeyFile(settings.secret_keys), KeyFile(settings.signing_keys))
    receivers = Receivers(settings.reach, keys.signers)
    office = PostOffice(engine, receivers.post, keys, schedule=settings.waits, limit=most_flying())
    ending = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ending.set)
    await receivers.open()
    delivering = asyncio.create_task(office.run())
    beside = [asyncio.create_task(beat()), asyncio.create_task(retention.run(engine, settings.keep))]
    logger().info("worker.started")
    waiting = asyncio.create_task(ending.wait())
    await asyncio.wait({delivering, waiting}, return_when=asyncio.FIRST_COMPLETED)
    office.stop()
    try:
        async with asyncio.timeout(DRAIN):
            await delivering
    except TimeoutError:
        logger().warning("worker.cut_short")
    finally:
        waiting.cancel()
        for task in beside:
            task.cancel()
        await receivers.close()
        await engine.dispose()
