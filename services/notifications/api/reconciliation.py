"""Internal routes of the reconciliation: permits compares its events, and the gateway its parties and mandates."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.notifications.actions.parties import list_mandates, list_versions
from services.notifications.actions.reconciliation import (
    list_known_events,
    list_last_sequences,
    received_events,
)
from services.notifications.api.dependencies import Context
from shared.contracts.limits import MESSAGE_BATCH_BYTES
from shared.contracts.reconciliation import IdList, SubjectList
from shared.internal_auth import CallingGateway, CallingPermits
from shared.reconciliation import IdSet
from shared.reconciliation_requests import ReconciledPeriod, make_id_router
from shared.web import read_json_body, render_view

router = APIRouter(prefix="/internal")


async def _event_ids(context: Context, service: CallingPermits, period: ReconciledPeriod) -> IdSet:
    return received_events(context.engine, period)


router.include_router(make_id_router("/event-ids", _event_ids))


@router.post("/event-sequences")
async def read_event_sequences(request: Request, context: Context, service: CallingPermits) -> Response:
    """Return the sequences up to which the events of subjects are stored without a gap."""
    wanted = await read_json_body(request, SubjectList, limit=MESSAGE_BATCH_BYTES)
    return render_view(await list_last_sequences(context.engine, wanted.subjects))


@router.post("/known-events")
async def read_known_events(request: Request, context: Context, service: CallingPermits) -> Response:
    """Return events that permits lost, and the last sequences of their subjects."""
    wanted = await read_json_body(request, IdList, limit=MESSAGE_BATCH_BYTES)
    return render_view(await list_known_events(context.engine, wanted.ids))


@router.get("/party-versions")
async def read_party_versions(context: Context, service: CallingGateway, after: UUID | None = None) -> Response:
    """Return a page of the versions of the copied parties, after an id."""
    return render_view(await list_versions(context.engine, after=after))


@router.get("/mandates")
async def read_mandates(context: Context, service: CallingGateway, after: UUID | None = None) -> Response:
    """Return a page of the copied mandates whose last day has not passed, after an id."""
    return render_view(await list_mandates(context.engine, after=after))
