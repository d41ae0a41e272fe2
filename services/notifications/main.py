"""The server of notifications: builds the app from its settings; the only place that knows everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from services.notifications.actions.encryption_keys import Keys
from services.notifications.actions.endpoint_policy import House
from services.notifications.actions.feed import Bell
from services.notifications.actions.metrics import figures
from services.notifications.actions.readiness import reason_not_ready
from services.notifications.actions.signing_secrets import seal_old
from services.notifications.api import endpoints, events, internal
from services.notifications.settings import Settings
from shared import supervision
from shared.database import connect
from shared.logs import write_logs
from shared.signed_tokens import InsideReader, KeyFile
from shared.startup_checks import ready_or_exit
from shared.web import add_metrics, make_app

KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than our neighbours keep theirs, so that none sends into a closing one."""


class Server(uvicorn.Server):
    """A server that sends its long-polling readers home before it drains."""

    def __init__(self, config: uvicorn.Config, bell: Bell) -> None:
        super().__init__(config)
        self._bell = bell

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal to end."""
        self._bell.close()
        super().handle_exit(sig, frame)


def make(settings: Settings) -> FastAPI:
    """Make the app: its routes are for the gateway and permits only, who sign each call."""
    engine = connect(settings.database_url)
    keys = Keys(KeyFile(settings.secret_keys), KeyFile(settings.signing_keys))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await seal_old(engine, keys)
        yield
        await engine.dispose()

    app = make_app(
        title="Saola notifications",
        version="1",
        lifespan=lifespan,
        ready=lambda app: reason_not_ready(engine),
        openapi_url=None,
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.bell = Bell()
    app.state.house = House(settings.reach, keys, settings.verify_endpoints)
    app.state.versions = {}
    trusted = {"gateway": KeyFile(settings.gateway_keys), "permits": KeyFile(settings.permits_keys)}
    app.state.inside = InsideReader("notifications", trusted)
    for router in (internal.router, endpoints.router, events.router):
        app.include_router(router)
    add_metrics(app, lambda: figures(engine))
    return app


def run() -> None:
    """Read the settings and serve until SIGTERM, which drains for at most 25 s."""
    supervision.watch()
    settings = ready_or_exit(Settings)
    write_logs("notifications", settings.log_level)
    app = make(settings)
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
    Server(config, app.state.bell).run()
