"""The server of notifications: builds the app from its settings; the only place that knows everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.actions.feed import FeedSignal
from services.notifications.actions.metrics import collect_metrics
from services.notifications.actions.readiness import find_unready_reason
from services.notifications.actions.signing_secrets import seal_plain_secrets
from services.notifications.api import endpoints, events, internal
from services.notifications.settings import Settings
from shared import supervision
from shared.database import create_engine
from shared.key_files import KeyFile
from shared.logs import configure_logging
from shared.signed_tokens import InternalTokenVerifier
from shared.startup_checks import load_settings_or_exit
from shared.web import add_metrics, create_service_app

KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than our neighbours keep theirs, so that none sends into a closing one."""


class Server(uvicorn.Server):
    """A server that sends its long-polling readers home before it drains."""

    def __init__(self, config: uvicorn.Config, feed_signal: FeedSignal) -> None:
        super().__init__(config)
        self._feed_signal = feed_signal

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal to end."""
        self._feed_signal.close()
        super().handle_exit(sig, frame)


def create_app(settings: Settings) -> FastAPI:
    """Make the app: its routes are for the gateway and permits only, who sign each call."""
    engine = create_engine(settings.database_url)
    keys = EndpointKeys(KeyFile(settings.secret_keys), KeyFile(settings.signing_keys))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await seal_plain_secrets(engine, keys)
        yield
        await engine.dispose()

    app = create_service_app(
        title="Saola notifications",
        version="1",
        lifespan=lifespan,
        reason_not_ready=lambda app: find_unready_reason(engine),
        openapi_url=None,
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.feed_signal = FeedSignal()
    app.state.endpoint_policy = EndpointPolicy(settings.allowed_addresses, keys, settings.verify_endpoints)
    app.state.party_versions = {}
    trusted = {"gateway": KeyFile(settings.gateway_keys), "permits": KeyFile(settings.permits_keys)}
    app.state.internal_tokens = InternalTokenVerifier("notifications", trusted)
    for router in (internal.router, endpoints.router, events.router):
        app.include_router(router)
    add_metrics(app, lambda: collect_metrics(engine))
    return app


def run() -> None:
    """Read the settings and serve until SIGTERM, which drains for at most 25 s."""
    supervision.exit_with_supervisor()
    settings = load_settings_or_exit(Settings)
    configure_logging("notifications", settings.log_level)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=25,
    )
    Server(config, app.state.feed_signal).run()
