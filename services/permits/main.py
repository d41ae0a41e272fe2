"""The permits service, the only one that decides: builds the app from its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.permits.actions.context import PermitsContext
from services.permits.actions.declarations.validate import ValidationSlot
from services.permits.actions.metrics import collect_metrics
from services.permits.actions.readiness import find_unready_reason
from services.permits.actions.reference.initial_listing import InitialListing
from services.permits.actions.reports import ReportSlots
from services.permits.api import (
    applications,
    declarations,
    internal,
    permits,
    policies,
    reconciliation,
    reference,
    reference_loads,
    reports,
)
from services.permits.settings import Settings
from shared.database import create_engine
from shared.http_server import run_server
from shared.internal_auth import trust_services
from shared.key_files import KeyFile
from shared.reconciliation_state import read_states
from shared.request_middleware import INTERNAL_HEAD_BYTES
from shared.sealed_secrets import SecretSealer
from shared.service_process import background_tasks
from shared.signed_tokens import InternalTokenVerifier
from shared.web import add_metrics, create_service_app


def create_app(settings: Settings) -> FastAPI:
    """Return the app. Only the gateway calls its routes, and it signs each call."""
    engine = create_engine(settings.database_url, connections=settings.database_connections)
    context = PermitsContext(
        engine=engine,
        initial_listing=InitialListing(engine),
        report_slots=ReportSlots(),
        validation_slot=ValidationSlot(),
        sealer=SecretSealer(KeyFile(settings.signing_keys)),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with background_tasks(context.initial_listing.load_when_possible()):
            yield
        await engine.dispose()

    app = create_service_app(
        title="Saola permits",
        version="1",
        lifespan=lifespan,
        reason_not_ready=lambda: find_unready_reason(context),
        read_reconciliations=lambda: read_states(engine),
        head_bytes=INTERNAL_HEAD_BYTES,
    )
    app.state.context = context
    trust_services(app, InternalTokenVerifier("permits", {"gateway": KeyFile(settings.gateway_keys)}))
    for module in (
        internal,
        reconciliation,
        applications,
        declarations,
        permits,
        reports,
        reference_loads,
        reference,
        policies,
    ):
        app.include_router(module.router)
    add_metrics(app, lambda: collect_metrics(engine))
    return app


def run() -> None:
    """Run the service until SIGTERM."""
    run_server("permits", Settings, create_app)
