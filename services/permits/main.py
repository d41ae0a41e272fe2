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

from services.permits.actions.metrics import collect_metrics
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
from shared.database import create_engine, read_revision
from shared.gc_tuning import tune_garbage_collector
from shared.key_files import KeyFile
from shared.logs import configure_logging
from shared.signed_tokens import InternalTokenVerifier
from shared.startup_checks import load_settings_or_exit
from shared.web import add_metrics, create_service_app

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "alembic.ini"


def create_app(settings: Settings) -> FastAPI:
    """Build the app."""
    expected_revision = ScriptDirectory.from_config(Config(str(MIGRATIONS), ini_section="permits")).get_current_head()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = create_engine(settings.database_url, connections=settings.database_connections)
        app.state.internal_tokens = InternalTokenVerifier("permits", {"gateway": KeyFile(settings.gateway_keys)})
        app.state.listing = asyncio.create_task(initial_listing.load_when_possible(app.state.engine))
        app.state.reports = reports.ReportSlots()
        yield
        app.state.listing.cancel()
        await asyncio.gather(app.state.listing, return_exceptions=True)
        await app.state.engine.dispose()

    async def ready(app: FastAPI) -> str | None:
        try:
            async with app.state.engine.connect() as conn:
                current_revision = await read_revision(conn)
        except (DBAPIError, OSError, TimeoutError):
            return "The permits database does not answer."
        if current_revision != expected_revision:
            return f"The permits database stands at migration {current_revision}, not {expected_revision}."
        await asyncio.wait({app.state.listing}, timeout=2)
        return None if app.state.listing.done() else "The first listing of species is not loaded yet."

    app = create_service_app(title="Saola permits", version="1", lifespan=lifespan, reason_not_ready=ready)
    for module in (internal, applications, declarations, permits, reports, reference_loads, reference, policies):
        app.include_router(module.router)
    add_metrics(app, lambda: collect_metrics(app.state.engine))
    return app


def run() -> None:
    """Run the service until it is told to stop; SIGTERM drains for at most 30 s."""
    supervision.exit_with_supervisor()
    settings = load_settings_or_exit(Settings)
    configure_logging("permits", settings.log_level)
    tune_garbage_collector()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=30,
        timeout_keep_alive=75,
        server_header=False,
        date_header=False,
    )
