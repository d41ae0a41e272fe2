"""The worker: sends what waits to its receivers; any number of them run side by side."""

import asyncio
import resource
import signal

import uvloop

from services.notifications.actions import retention
from services.notifications.actions.delivery_worker import DeliveryWorker
from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.settings import Settings
from shared import supervision
from shared.database import create_engine
from shared.gc_tuning import tune_garbage_collector
from shared.heartbeat import send_heartbeats
from shared.key_files import KeyFile
from shared.logs import configure_logging, logger
from shared.startup_checks import load_settings_or_exit

MAX_OPEN_FILES = 8192
DRAIN_SECONDS = 25.0
"""Seconds that what flies has to land after a SIGTERM; what does not is sent again when its lease ends."""


def run() -> None:
    """Read the settings and deliver until SIGTERM or SIGINT."""
    supervision.exit_with_supervisor()
    settings = load_settings_or_exit(Settings)
    configure_logging("notifications-worker", settings.log_level)
    tune_garbage_collector()
    uvloop.run(deliver_until_signal(settings))


def max_in_flight() -> int:
    """Let the process open as many files as it may, up to 8,192; answer how many letters may fly, a quarter of that.

    The rest is for connections that are kept for the next letter, and for what else has to be open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    new_limit = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < new_limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (new_limit, hard))
    return new_limit // 4


async def deliver_until_signal(settings: Settings) -> None:
    """Deliver until a signal says otherwise, then let what flies land."""
    engine = create_engine(settings.database_url, connections=4)
    keys = EndpointKeys(KeyFile(settings.secret_keys), KeyFile(settings.signing_keys))
    webhook_client = WebhookClient(settings.allowed_addresses, keys.signing_keys)
    delivery_worker = DeliveryWorker(
        engine, webhook_client.post, keys, schedule=settings.retry_waits, max_in_flight=max_in_flight()
    )
    stop_requested = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop_requested.set)
    await webhook_client.open()
    delivering = asyncio.create_task(delivery_worker.run())
    background_tasks = [
        asyncio.create_task(send_heartbeats()),
        asyncio.create_task(retention.run(engine, settings.retention_periods)),
    ]
    logger().info("worker.started")
    waiting = asyncio.create_task(stop_requested.wait())
    await asyncio.wait({delivering, waiting}, return_when=asyncio.FIRST_COMPLETED)
    delivery_worker.stop()
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await delivering
    except TimeoutError:
        logger().warning("worker.cut_short")
    finally:
        waiting.cancel()
        for task in background_tasks:
            task.cancel()
        await webhook_client.close()
        await engine.dispose()
