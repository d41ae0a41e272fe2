"""The permits worker: the dispatcher that sends events to notifications, and the periodic jobs."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.jobs import make_jobs
from services.permits.actions.reconciliation import EventReconciler, publish_refused
from services.permits.clients.notifications import render_event_message, send_events, send_short_event
from services.permits.settings import Settings
from services.permits.store import tables
from shared import service_process
from shared.contracts.parties import Caller
from shared.database import create_engine
from shared.dispatcher import Dispatcher, OutboxMessage, OutboxRoute
from shared.key_files import KeyFile
from shared.message_batches import Refusals, RenderedMessage
from shared.periodic_jobs import RECONCILIATION_LOCK, Job, run_jobs
from shared.reconciliation import CHECK_SECONDS
from shared.service_client import ServiceClient
from shared.signed_tokens import InternalTokenSigner


async def work(settings: Settings) -> None:
    """Send events and run the periodic jobs, until SIGTERM or SIGINT."""
    engine = create_engine(settings.database_url, connections=6)
    signer = InternalTokenSigner("permits", KeyFile(settings.signing_keys))
    service = ServiceClient("notifications", settings.notifications_url, signer)
    dispatcher = make_event_dispatcher(engine, service)
    await service.open()
    try:
        await service_process.work_until_signal(
            dispatcher.run(),
            run_jobs(engine, make_jobs()),
            run_jobs(engine, [make_reconciliation_job(service)], lock=RECONCILIATION_LOCK),
        )
    finally:
        await service.close()
        await engine.dispose()


def make_reconciliation_job(notifications: ServiceClient) -> Job:
    """Return the job that compares the sent events with those of notifications."""
    reconciliation = EventReconciler(notifications).make_reconciliation()
    return Job("reconciliation", CHECK_SECONDS, reconciliation.run)


def make_event_dispatcher(engine: AsyncEngine, notifications: ServiceClient) -> Dispatcher:
    """Return the dispatcher of events. An event that notifications does not take goes there in its short form."""

    async def send(messages: Sequence[RenderedMessage]) -> Refusals:
        refusals = await send_events(notifications, messages)
        return await publish_refused(engine, notifications, refusals)

    async def send_replacement(message: OutboxMessage, reason: str) -> None:
        await send_short_event(notifications, message)

    outbox = tables.outbox_events
    return Dispatcher(
        "news",
        engine,
        outbox,
        OutboxRoute(
            render=render_event_message,
            send=send,
            is_ready=lambda: notifications.is_ready(Caller(service="permits")),
            send_replacement=send_replacement,
        ),
        content=(outbox.c.data, outbox.c.audience),
        batch_size=500,
        poll_seconds=0.1,
    )


def run() -> None:
    """Run the worker until SIGTERM."""
    service_process.run_worker("permits-worker", Settings, work)
