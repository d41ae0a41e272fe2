"""The HTTP server of a service's process: uvicorn with the same configuration for all services."""

import asyncio
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

import uvicorn
from fastapi import FastAPI

from shared.gc_tuning import tune_garbage_collector
from shared.http_connection import NOSNIFF, HttpConnection
from shared.limits import Limit, LimitSubject
from shared.service_process import DRAIN_SECONDS, raise_file_limit, start_process
from shared.settings import ServiceSettings, service_name
from shared.startup_checks import require_free_port

S = TypeVar("S", bound=ServiceSettings)
KEEP_ALIVE_SECONDS = Limit(
    75,
    "seconds",
    subject=LimitSubject.REQUESTS,
    meaning="Time that a connection may stay without a request",
    beyond="The connection is closed.",
)
"""Seconds that the server keeps an idle connection: longer than the services that call it (30 s).

If the server ended a connection first, it might do so while a request is on its way.
"""
MAX_OPEN_FILES = Limit(
    65_536,
    "files",
    subject=LimitSubject.MEMORY,
    meaning="Open files and connections of a server, if the system allows so many",
    beyond="The server accepts no more connections.",
)


class Server(uvicorn.Server):
    """A server that calls `on_stop` before it waits for the requests under way."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Call `on_stop`, then handle the signal that ends the process."""
        self._on_stop()
        super().handle_exit(sig, frame)


def run_server(
    name: str,
    model: type[S],
    create_app: Callable[[S], FastAPI],
    *,
    protocol: type[asyncio.Protocol] = HttpConnection,
    on_stop: Callable[[FastAPI], None] = lambda app: None,
) -> None:
    """Run a service's process until SIGTERM or SIGINT, then wait at most 25 s for its requests to finish.

    The server calls `on_stop` at the signal, before the wait, so that it can end requests that wait for something.
    """
    settings = start_process(name, model)
    raise_file_limit(MAX_OPEN_FILES)
    require_free_port(service_name(model), settings.host, settings.port)
    app = create_app(settings)
    tune_garbage_collector()
    config = server_config(app, settings.host, settings.port, protocol)
    Server(config, lambda: on_stop(app)).run()


def server_config(app: FastAPI, host: str, port: int, protocol: type[asyncio.Protocol]) -> uvicorn.Config:
    """Return the configuration of a service's server.

    uvicorn would believe the headers of a proxy on the same machine, and an environment variable of its own. The
    gateway decides that by its settings.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[(NOSNIFF, "nosniff")],
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(DRAIN_SECONDS),
    )
