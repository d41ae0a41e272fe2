"""Applications for permits: traders submit, reply and withdraw; authorities query, assess, grant and refuse."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.permits.actions import applications
from services.permits.api.commands import read_command
from services.permits.api.dependencies import ApplicationId, Authority, CallingPerson, Context, Trader, require_role
from services.permits.api.responses import render_view
from services.permits.domain.model.persons import Officer, Person
from shared.command_requests import render_stored_response
from shared.contracts.application import Application, Assessment, GrantDecision, Question, Reply, Withdrawal
from shared.contracts.closed_sets import ActorRole, ApplicationStatus, PermitKind, Role
from shared.contracts.declaration import Refusal
from shared.contracts.fields import CountryCode, Day, Name
from shared.contracts.limits import PAGE_ENTRIES
from shared.contracts.parties import Actor, Party
from shared.database import now
from shared.idempotency import IdempotentCommand
from shared.internal_auth import RepresentedTraderIfAny
from shared.web import render_page

router = APIRouter(prefix="/v1/permit-applications", tags=["applications"])
Concerned = Annotated[Party, Depends(require_role(Role.TRADER, Role.AUTHORITY))]


class Filters(BaseModel):
    """The filters of a list of applications. An unknown filter is an error."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    status: ApplicationStatus | None = None
    kind: PermitKind | None = None
    issuer: CountryCode | None = None
    reference: Name | None = None
    taxon: Name | None = None
    applicant: UUID | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_ENTRIES)] = 50
    cursor: UUID | None = None


@router.post("", status_code=201)
async def submit(request: Request, context: Context, party: Trader, trader: RepresentedTraderIfAny) -> Response:
    """Store a new application for a permit."""
    content, command = await read_command(request, Application)
    return render_stored_response(await applications.submit(context.engine, party, content, command, trader=trader))


@router.get("")
async def list_applications(context: Context, party: Concerned, filters: Annotated[Filters, Query()]) -> Response:
    """List applications, newest first."""
    chosen = filters.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"limit", "cursor"})
    page = await applications.list_applications(
        context.engine, party, chosen, limit=filters.limit, before=filters.cursor, at=now()
    )
    return render_page(page)


@router.get("/{id}")
async def read(application_id: ApplicationId, context: Context, party: Concerned) -> Response:
    """Read one application."""
    view = await applications.read(context.engine, application_id, party, now())
    return render_view(view, version=view.version)


@router.post("/{id}/query")
async def query(
    application_id: ApplicationId, request: Request, context: Context, party: Authority, person: CallingPerson
) -> Response:
    """Send a question to the applicant."""
    question, command = await read_command(request, Question)
    return render_stored_response(
        await applications.query(context.engine, application_id, _officer(party, person, command), question, command)
    )


@router.post("/{id}/answer")
async def reply(application_id: ApplicationId, request: Request, context: Context, party: Trader) -> Response:
    """Send a reply to the authority."""
    content, command = await read_command(request, Reply)
    return render_stored_response(await applications.reply(context.engine, application_id, party, content, command))


@router.post("/{id}/withdrawal")
async def withdraw(application_id: ApplicationId, request: Request, context: Context, party: Trader) -> Response:
    """Withdraw an application."""
    content, command = await read_command(request, Withdrawal, optional=True)
    return render_stored_response(await applications.withdraw(context.engine, application_id, party, content, command))


@router.post("/{id}/assessment")
async def assess(
    application_id: ApplicationId, request: Request, context: Context, party: Authority, person: CallingPerson
) -> Response:
    """Store an officer's assessment of an application."""
    assessment, command = await read_command(request, Assessment)
    return render_stored_response(
        await applications.assess(context.engine, application_id, _officer(party, person, command), assessment, command)
    )


@router.post("/{id}/grant")
async def grant(
    application_id: ApplicationId, request: Request, context: Context, party: Authority, person: CallingPerson
) -> Response:
    """Grant an application and issue its permit."""
    decision, command = await read_command(request, GrantDecision, optional=True)
    return render_stored_response(
        await applications.grant(
            context.engine,
            application_id,
            _officer(party, person, command),
            decision,
            command,
            sealer=context.sealer,
        )
    )


@router.post("/{id}/refusal")
async def refuse(
    application_id: ApplicationId, request: Request, context: Context, party: Authority, person: CallingPerson
) -> Response:
    """Refuse an application with a reason."""
    decision, command = await read_command(request, Refusal)
    return render_stored_response(
        await applications.refuse(context.engine, application_id, _officer(party, person, command), decision, command)
    )


def _officer(party: Party, person: Person, command: IdempotentCommand) -> Officer:
    return Officer(party=party, person=person, actor=Actor(party=party.id, role=ActorRole.AUTHORITY, at=command.at))
