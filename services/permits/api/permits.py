"""Permits: authorities issue and revoke them, customs endorses them, holders, offices and citing parties read them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.permits.actions.ledger.history import list_entries
from services.permits.actions.permits import endorse, read, take_over, withdraw
from services.permits.actions.permits import issue as actions_issue
from services.permits.api.commands import read_command
from services.permits.api.dependencies import Authority, CallingPerson, Context, Customs, PermitId, Reader
from services.permits.api.responses import render_view
from shared.command_requests import render_stored_response
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.fields import CountryCode, Day, LineLetter, Name
from shared.contracts.limits import PAGE_ENTRIES
from shared.contracts.permit import Endorsement, Loss, Permit, Recovery, Revocation, Takeover
from shared.contracts.views.permits import PermitView
from shared.database import now
from shared.web import render_page

router = APIRouter(prefix="/v1/permits", tags=["permits"])


PermitToken = Annotated[str, Header(max_length=200)]
"""The header `Permit-Token`: the permit token, which is printed with the permit."""


class Filters(BaseModel):
    """The filters of a list of permits. An unknown filter is an error."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    number: Name | None = None
    issuer: CountryCode | None = None
    status: PermitStatus | None = None
    taxon: Name | None = None
    holder: Name | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_ENTRIES)] = 50
    cursor: UUID | None = None


@router.post("", status_code=201)
async def issue_permit(request: Request, context: Context, party: Authority, person: CallingPerson) -> Response:
    """Issue a permit, or register one that was issued outside the hub."""
    content, command = await read_command(request, Permit)
    return render_stored_response(
        await actions_issue.issue(context.engine, party, content, command, sealer=context.sealer, person=person.name)
    )


@router.get("")
async def list_permits(
    context: Context, party: Reader, filters: Annotated[Filters, Query()], permit_token: PermitToken = ""
) -> Response:
    """List permits, newest first."""
    chosen = filters.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"limit", "cursor"})
    page = await read.list_permits(
        context.engine, party, chosen, limit=filters.limit, before=filters.cursor, at=now(), token=permit_token
    )
    return render_page(page)


@router.get("/{id}")
async def read_permit(permit_id: PermitId, context: Context, party: Reader, permit_token: PermitToken = "") -> Response:
    """Read one permit, with both sides of each line."""
    view = await read.read_permit(context.engine, permit_id, party, now(), permit_token)
    return render_view(view, version=view.version if isinstance(view, PermitView) else None)


class LedgerQuery(BaseModel):
    """The filters of a list of ledger entries. An unknown filter is an error."""

    model_config = ConfigDict(extra="forbid")

    line: LineLetter | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_ENTRIES)] = 50
    cursor: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


@router.get("/{id}/ledger")
async def read_ledger(
    permit_id: PermitId, context: Context, party: Reader, query: Annotated[LedgerQuery, Query()]
) -> Response:
    """List the ledger entries of a permit, oldest first, each with the line's balance after it."""
    page = await list_entries(
        context.engine, permit_id, party, line=query.line, limit=query.limit, after=query.cursor or 0
    )
    return render_view(page)


@router.post("/{id}/endorsement")
async def endorse_permit(permit_id: PermitId, request: Request, context: Context, party: Customs) -> Response:
    """Endorse a permit: state the quantity of each line that left (box 14)."""
    decision, command = await read_command(request, Endorsement)
    return render_stored_response(await endorse.endorse(context.engine, permit_id, party, decision, command))


@router.post("/{id}/revocation")
async def revoke_permit(permit_id: PermitId, request: Request, context: Context, party: Authority) -> Response:
    """Revoke a permit with a reason."""
    decision, command = await read_command(request, Revocation)
    return render_stored_response(await withdraw.revoke(context.engine, permit_id, party, decision, command))


@router.post("/{id}/replacement")
async def replace_permit(
    permit_id: PermitId, request: Request, context: Context, party: Authority, person: CallingPerson
) -> Response:
    """Issue a new permit in the place of this one."""
    content, command = await read_command(request, Permit)
    return render_stored_response(
        await withdraw.replace(
            context.engine, permit_id, party, content, command, sealer=context.sealer, person=person.name
        )
    )


@router.post("/{id}/loss")
async def report_lost(permit_id: PermitId, request: Request, context: Context, party: Authority) -> Response:
    """Report that a permit is lost."""
    decision, command = await read_command(request, Loss, optional=True)
    return render_stored_response(await withdraw.report_lost(context.engine, permit_id, party, decision, command))


@router.post("/{id}/found")
async def report_found(permit_id: PermitId, request: Request, context: Context, party: Authority) -> Response:
    """Report that a lost permit was found."""
    decision, command = await read_command(request, Recovery, optional=True)
    return render_stored_response(await withdraw.report_found(context.engine, permit_id, party, decision, command))


@router.post("/{id}/takeover")
async def take_over_permit(
    permit_id: PermitId, request: Request, context: Context, party: Authority, person: CallingPerson
) -> Response:
    """Transfer a permit that another country registered to the authority of its issuer."""
    decision, command = await read_command(request, Takeover, optional=True)
    return render_stored_response(
        await take_over.take_over(context.engine, permit_id, party, decision, command, person=person.name)
    )
