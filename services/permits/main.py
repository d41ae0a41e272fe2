"""The permits service: the only mouth that decides. Builds the app from settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from services.permits.actions.metrics import figures
from services.permits.actions.reference import initial_listing
from services.permits.api import (
    applications,
    declarations,
    internal,
    permits,
    policies,
    reference,
    reference_loads,
    reports,
)
from services.permits.settings import Settings
from shared import supervision
from shared.database import connect, revision
from shared.gc_tuning import collect_seldom
from shared.logs import write_logs
from shared.signed_tokens import InsideReader, KeyFile
from shared.startup_checks import ready_or_exit
from shared.web import add_metrics, make_app

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "alembic.ini"


def make(settings: Settings) -> FastAPI:
    """Build the app."""
    head = ScriptDirectory.from_config(Config(str(MIGRATIONS), ini_section="permits")).get_current_head()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = connect(settings.database_url, connections=settings.database_connections)
        app.state.inside = InsideReader("permits", {"gateway": KeyFile(settings.gateway_keys)})
        app.state.listing = asyncio.create_task(initial_listing.load_when_possible(app.state.engine))
        app.state.reports = reports.Places()
        yield
        app.state.listing.cancel()
        await asyncio.gather(app.state.listing, return_exceptions=True)
        await app.state.engine.dispose()

    async def ready(app: FastAPI) -> str | None:
        try:
            async with app.state.engine.connect() as conn:
                stands = await revision(conn)
        except (DBAPIError, OSError, TimeoutError):
            return "The permits database does not answer."
        if stands != head:
            return f"The permits database stands at migration {stands}, not {head}."
        await asyncio.wait({app.state.listing}, timeout=2)
        return None if app.state.listing.done() else "The first listing of species is not loaded yet."

    app = make_app(title="Saola permits", version="1", lifespan=lifespan, ready=ready)
    for room in (internal, applications, declarations, permits, reports, reference_loads, reference, policies):
        app.include_router(room.router)
    add_metrics(app, lambda: figures(app.state.engine))
    return app


def run() -> None:
    """Run the service until it is told to stop; SIGTERM drains for at most 30 s."""
    supervision.watch()
    settings = ready_or_exit(Settings)
    write_logs("permits", settings.log_level)
    collect_seldom()
    uvicorn.run(
        make(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=30,
        timeout_keep_alive=75,
        server_header=False,
        date_header=False,
    )
