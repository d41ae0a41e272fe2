"""The permits worker: the courier that carries news to notifications, and the periodic jobs."""

import asyncio
import contextlib
import signal

from services.permits.actions.jobs import scheduler
from services.permits.clients.notifications import Notifications
from services.permits.settings import Settings
from services.permits.store import tables
from shared import supervision
from shared.database import connect
from shared.dispatcher import Courier
from shared.heartbeat import beat
from shared.logs import write_logs
from shared.service_client import Service
from shared.signed_tokens import InsideSigner, KeyFile
from shared.startup_checks import ready_or_exit


async def work(settings: Settings) -> None:
    """Carry news and do what is due, until told to stop."""
    engine = connect(settings.database_url, connections=5)
    service = Service(
        "notifications", settings.notifications_url, InsideSigner("permits", KeyFile(settings.signing_keys))
    )
    await service.open()
    courier = Courier("news", engine, tables.news, Notifications(service).deliver, limit=500, poll=0.1)
    task = asyncio.create_task(courier.run())
    beside = [asyncio.create_task(beat()), asyncio.create_task(scheduler.run(engine))]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
    for other in beside:
        other.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    await service.close()
    await engine.dispose()


def run() -> None:
    """Run the worker until it is told to stop."""
    import uvloop

    supervision.watch()
    settings = ready_or_exit(Settings)
    write_logs("permits-worker", settings.log_level)
    uvloop.run(work(settings))
