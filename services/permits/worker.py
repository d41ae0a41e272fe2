"""The permits worker: the courier that carries news to notifications, and the periodic jobs."""

import asyncio
import contextlib
import signal

from services.permits.actions import jobs
from services.permits.clients.notifications import Notifications
from services.permits.settings import Settings
from services.permits.store import tables
from shared import lifeline
from shared.calls import Service
from shared.courier import Courier
from shared.database import connect
from shared.identity import InsideSigner, KeyFile
from shared.logs import write_logs
from shared.pulse import beat
from shared.start import ready_or_exit


async def work(settings: Settings) -> None:
    """Carry news and do what is due, until told to stop."""
    engine = connect(settings.database_url, connections=5)
    service = Service(
        "notifications", settings.notifications_url, InsideSigner("permits", KeyFile(settings.signing_keys))
    )
    await service.open()
    courier = Courier("news", engine, tables.news, Notifications(service).deliver, limit=500, poll=0.1)
    task = asyncio.create_task(courier.run())
    beside = [asyncio.create_task(beat()), asyncio.create_task(jobs.run(engine))]
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

    lifeline.watch()
    settings = ready_or_exit(Settings)
    write_logs("permits-worker", settings.log_level)
    uvloop.run(work(settings))
