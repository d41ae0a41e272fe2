"""Internal routes of the reconciliation: the gateway compares its submissions, parties and mandates."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.permits.actions import parties
from services.permits.actions.reconciliation import (
    amended_versions,
    list_known_amendments,
    list_known_declarations,
    lodged_declarations,
)
from services.permits.api.dependencies import Context
from shared.contracts.limits import MESSAGE_BATCH_BYTES
from shared.contracts.reconciliation import IdList, KnownAmendments, KnownDeclarations
from shared.internal_auth import CallingGateway
from shared.reconciliation import IdSet
from shared.reconciliation_requests import ReconciledPeriod, make_id_router
from shared.web import read_json_body, render_view

router = APIRouter(prefix="/internal", include_in_schema=False)


async def _declaration_ids(context: Context, service: CallingGateway, period: ReconciledPeriod) -> IdSet:
    return lodged_declarations(context.engine, period)


async def _amendment_ids(context: Context, service: CallingGateway, period: ReconciledPeriod) -> IdSet:
    return amended_versions(context.engine, period)


router.include_router(make_id_router("/declaration-ids", _declaration_ids))
router.include_router(make_id_router("/amendment-ids", _amendment_ids))


@router.post("/known-declarations")
async def read_known_declarations(request: Request, context: Context, service: CallingGateway) -> Response:
    """Return what the gateway needs of declarations that it lost."""
    wanted = await read_json_body(request, IdList, limit=MESSAGE_BATCH_BYTES)
    return render_view(KnownDeclarations(declarations=await list_known_declarations(context.engine, wanted.ids)))


@router.post("/known-amendments")
async def read_known_amendments(
    request: Request, context: Context, service: CallingGateway, period: ReconciledPeriod
) -> Response:
    """Return the amendments that the gateway lost."""
    wanted = await read_json_body(request, IdList, limit=MESSAGE_BATCH_BYTES)
    return render_view(KnownAmendments(amendments=await list_known_amendments(context.engine, period, wanted.ids)))


@router.get("/party-versions")
async def read_party_versions(context: Context, service: CallingGateway, after: UUID | None = None) -> Response:
    """Return a page of the versions of the copied parties, after an id."""
    return render_view(await parties.list_versions(context.engine, after=after))


@router.get("/mandates")
async def read_mandates(context: Context, service: CallingGateway, after: UUID | None = None) -> Response:
    """Return a page of the copied mandates whose last day has not passed, after an id."""
    return render_view(await parties.list_mandates(context.engine, after=after))
