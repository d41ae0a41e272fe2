"""The permits worker: the dispatcher that sends events to notifications, and the periodic jobs."""

import asyncio
import contextlib
import signal

from services.permits.actions.jobs import scheduler
from services.permits.clients.notifications import NotificationsClient
from services.permits.settings import Settings
from services.permits.store import tables
from shared import supervision
from shared.database import create_engine
from shared.dispatcher import Dispatcher
from shared.heartbeat import send_heartbeats
from shared.key_files import KeyFile
from shared.logs import configure_logging
from shared.service_client import ServiceClient
from shared.signed_tokens import InternalTokenSigner
from shared.startup_checks import load_settings_or_exit


async def run_worker(settings: Settings) -> None:
    """Carry news and do what is due, until told to stop."""
    engine = create_engine(settings.database_url, connections=5)
    service = ServiceClient(
        "notifications", settings.notifications_url, InternalTokenSigner("permits", KeyFile(settings.signing_keys))
    )
    await service.open()
    dispatcher = Dispatcher(
        "news", engine, tables.outbox_events, NotificationsClient(service).send_events, batch_size=500, poll_seconds=0.1
    )
    task = asyncio.create_task(dispatcher.run())
    background_tasks = [asyncio.create_task(send_heartbeats()), asyncio.create_task(scheduler.run(engine))]
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
    for background_task in background_tasks:
        background_task.cancel()
    await asyncio.gather(*background_tasks, return_exceptions=True)
    await service.close()
    await engine.dispose()


def run() -> None:
    """Run the worker until it is told to stop."""
    import uvloop

    supervision.exit_with_supervisor()
    settings = load_settings_or_exit(Settings)
    configure_logging("permits-worker", settings.log_level)
    uvloop.run(run_worker(settings))
