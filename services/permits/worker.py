"""The permits worker: the dispatcher that sends events to notifications, and the periodic jobs."""

from services.permits.actions.jobs import make_jobs
from services.permits.clients.notifications import NotificationsClient
from services.permits.settings import Settings
from services.permits.store import tables
from shared import service_process
from shared.database import create_engine
from shared.dispatcher import Dispatcher
from shared.key_files import KeyFile
from shared.periodic_jobs import run_jobs
from shared.service_client import ServiceClient
from shared.signed_tokens import InternalTokenSigner


async def work(settings: Settings) -> None:
    """Send events and run the periodic jobs, until SIGTERM or SIGINT."""
    engine = create_engine(settings.database_url, connections=5)
    signer = InternalTokenSigner("permits", KeyFile(settings.signing_keys))
    service = ServiceClient("notifications", settings.notifications_url, signer)
    dispatcher = Dispatcher(
        "news", engine, tables.outbox_events, NotificationsClient(service).send_events, batch_size=500, poll_seconds=0.1
    )
    await service.open()
    try:
        await service_process.work_until_signal(dispatcher.run(), run_jobs(engine, make_jobs()))
    finally:
        await service.close()
        await engine.dispose()


def run() -> None:
    """Run the worker until SIGTERM."""
    service_process.run_worker("permits-worker", Settings, work)
