"""The worker: sends pending deliveries to their receivers. Any number of workers run at the same time."""

from services.notifications.actions.delivery_worker import DeliveryWorker
from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.actions.jobs import make_jobs
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.settings import Settings
from shared import service_process
from shared.database import create_engine
from shared.key_files import KeyFile
from shared.limits import Limit, LimitSubject
from shared.periodic_jobs import run_jobs

MAX_OPEN_FILES = Limit(
    8192,
    "files",
    subject=LimitSubject.MEMORY,
    meaning="Open files and connections of the notifications worker",
    beyond="The worker opens no more.",
)


async def work(settings: Settings) -> None:
    """Deliver and run the periodic jobs until SIGTERM or SIGINT, then finish the deliveries in flight."""
    engine = create_engine(settings.database_url, connections=5)
    keys = EndpointKeys(KeyFile(settings.secret_keys), KeyFile(settings.signing_keys))
    webhook_client = WebhookClient(settings.allowed_addresses, keys.signing_keys)
    delivery_worker = DeliveryWorker(
        engine, webhook_client.post, keys, schedule=settings.retry_waits, max_in_flight=max_in_flight()
    )
    await webhook_client.open()
    try:
        await service_process.work_until_signal(
            delivery_worker.run(),
            run_jobs(engine, make_jobs(settings.retention_periods)),
            drain=delivery_worker.stop,
        )
    finally:
        await webhook_client.close()
        await engine.dispose()


def max_in_flight() -> int:
    """Raise the limit of open files to 8,192. Return how many deliveries may be in flight: a quarter of the limit.

    The rest is for connections that are kept for later deliveries, and for other open files.
    """
    return service_process.raise_file_limit(MAX_OPEN_FILES) // 4


def run() -> None:
    """Run the worker until SIGTERM."""
    service_process.run_worker("notifications-worker", Settings, work)
