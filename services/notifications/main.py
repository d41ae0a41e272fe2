"""The server of notifications: builds the app from its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.notifications.actions.context import NotificationsContext
from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.actions.feed import FeedSignal
from services.notifications.actions.metrics import collect_metrics
from services.notifications.actions.parties import PartyCopies
from services.notifications.api import endpoints, events, internal, reconciliation
from services.notifications.settings import Settings
from shared.database import create_engine
from shared.http_server import run_server
from shared.internal_auth import trust_services
from shared.key_files import KeyFile
from shared.readiness import find_database_fault
from shared.request_middleware import INTERNAL_HEAD_BYTES
from shared.signed_tokens import InternalTokenVerifier
from shared.web import add_metrics, create_service_app


def create_app(settings: Settings) -> FastAPI:
    """Build the app. Only the gateway and permits call its routes, and they sign each call."""
    keys = EndpointKeys(KeyFile(settings.secret_keys), KeyFile(settings.signing_keys))
    engine = create_engine(settings.database_url)
    context = NotificationsContext(
        engine=engine,
        endpoint_policy=EndpointPolicy(settings.allowed_addresses, keys, settings.verify_endpoints),
        feed_signal=FeedSignal(),
        party_copies=PartyCopies(engine),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = create_service_app(
        title="Saola notifications",
        version="1",
        lifespan=lifespan,
        reason_not_ready=lambda: find_database_fault(engine, "notifications"),
        openapi_url=None,
        head_bytes=INTERNAL_HEAD_BYTES,
    )
    app.state.context = context
    trusted = {"gateway": KeyFile(settings.gateway_keys), "permits": KeyFile(settings.permits_keys)}
    trust_services(app, InternalTokenVerifier("notifications", trusted))
    for router in (internal.router, reconciliation.router, endpoints.router, events.router):
        app.include_router(router)
    add_metrics(app, lambda: collect_metrics(engine))
    return app


def close_feed(app: FastAPI) -> None:
    """End the waits for events, because the end of the process waits for these requests."""
    context: NotificationsContext = app.state.context
    context.feed_signal.close()


def run() -> None:
    """Run the server until SIGTERM."""
    run_server("notifications", Settings, create_app, on_stop=close_feed)
