"""Declarations: parties read them, traders amend and cancel them, customs decides, authorities consent."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import Response

from services.permits.actions.declarations import read as declarations_read
from services.permits.actions.declarations import transitions
from services.permits.actions.declarations import validate as actions_validate
from services.permits.api.commands import read_command
from services.permits.api.dependencies import (
    Authority,
    CallingPerson,
    Context,
    Customs,
    Declarant,
    DeclarationId,
    Reader,
)
from services.permits.api.responses import render_view
from shared.command_requests import render_stored_response
from shared.conditional_requests import require_if_match
from shared.contracts.closed_sets import DeclarationPart, DeclarationStatus, Movement
from shared.contracts.declaration import (
    Cancellation,
    Consent,
    Correction,
    NormalizedDeclaration,
    Override,
    Refusal,
    Release,
)
from shared.contracts.fields import CountryCode, Day, Name
from shared.contracts.limits import NORMALIZED_BYTES, PAGE_ENTRIES
from shared.contracts.views.declarations import Verdict
from shared.contracts.views.parts import Fault
from shared.database import new_id, now
from shared.internal_auth import RepresentedTraderIfAny
from shared.problems import Invalid
from shared.web import parse_json_body, read_body, render_page

router = APIRouter(prefix="/v1/declarations", tags=["declarations"])


def _split_parts(values: list[str]) -> list[str]:
    """Return the names of `expand=findings,usage`."""
    return [name for value in values for name in value.split(",")]


class Filters(BaseModel):
    """The filters of a list of declarations. An unknown filter is an error."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    status: DeclarationStatus | None = None
    movement: Movement | None = None
    taxon: Name | None = None
    permit_number: Name | None = None
    issuer: CountryCode | None = None
    holder: Name | None = None
    reference: Name | None = None
    country: CountryCode | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    expand: Annotated[frozenset[DeclarationPart], BeforeValidator(_split_parts), Field(strict=False)] = frozenset()
    limit: Annotated[int, Field(ge=1, le=PAGE_ENTRIES)] = 50
    cursor: UUID | None = None


@router.get("")
async def list_declarations(context: Context, party: Reader, filters: Annotated[Filters, Query()]) -> Response:
    """List summaries of declarations, newest first. `expand=findings,history,items,usage` adds these parts."""
    chosen = filters.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"expand", "limit", "cursor"})
    page = await declarations_read.list_declarations(
        context.engine, party, chosen, expand=filters.expand, limit=filters.limit, before=filters.cursor
    )
    return render_page(page)


@router.post("/validate")
async def validate_declaration(
    request: Request, context: Context, party: Declarant, trader: RepresentedTraderIfAny
) -> Response:
    """Check a declaration and store nothing. `errors` lists the places that break the contract."""
    at = now()
    try:
        content = parse_json_body(request, await read_body(request, limit=NORMALIZED_BYTES), NormalizedDeclaration)
    except Invalid as error:
        if not error.faults:
            raise
        faults = tuple(Fault(pointer=f.pointer, code=f.code, detail=f.detail) for f in error.faults)
        return render_view(Verdict(valid=False, findings=(), errors=faults))
    async with context.validation_slot.reserve(content):
        verdict = await actions_validate.validate(context.engine, content, party, new_id(at), at, trader=trader)
    return render_view(verdict)


@router.get("/{id}")
async def read_declaration(declaration_id: DeclarationId, context: Context, party: Reader) -> Response:
    """Read one declaration."""
    view = await declarations_read.read_declaration(context.engine, declaration_id, party)
    return render_view(view, version=view.version)


@router.put("/{id}")
async def amend_declaration(
    declaration_id: DeclarationId,
    request: Request,
    context: Context,
    party: Declarant,
    person: CallingPerson,
    trader: RepresentedTraderIfAny,
) -> Response:
    """Replace a declaration that is not released by a new version, and check it."""
    require_if_match(request.headers.get("if-match"))
    content, command = await read_command(request, NormalizedDeclaration, limit=NORMALIZED_BYTES)
    return render_stored_response(
        await transitions.amend(
            context.engine, declaration_id, party, content, command, trader=trader, person=person.name
        )
    )


@router.post("/{id}/cancellation")
async def cancel_declaration(
    declaration_id: DeclarationId, request: Request, context: Context, party: Declarant
) -> Response:
    """Cancel a declaration and return its reservations."""
    content, command = await read_command(request, Cancellation, optional=True)
    return render_stored_response(await transitions.cancel(context.engine, declaration_id, party, content, command))


@router.post("/{id}/release")
async def release_declaration(
    declaration_id: DeclarationId, request: Request, context: Context, party: Customs, person: CallingPerson
) -> Response:
    """Release the goods with their actual quantities. An empty body means the declared quantities."""
    decision, command = await read_command(request, Release, optional=True)
    return render_stored_response(
        await transitions.release(context.engine, declaration_id, party, decision, command, person=person.name)
    )


@router.post("/{id}/refusal")
async def refuse_declaration(
    declaration_id: DeclarationId, request: Request, context: Context, party: Customs, person: CallingPerson
) -> Response:
    """Refuse the goods and return the reservations."""
    decision, command = await read_command(request, Refusal)
    return render_stored_response(
        await transitions.refuse(context.engine, declaration_id, party, decision, command, person=person.name)
    )


@router.post("/{id}/override")
async def override_finding(
    declaration_id: DeclarationId, request: Request, context: Context, party: Customs, person: CallingPerson
) -> Response:
    """Override the findings of a rule with a reason."""
    decision, command = await read_command(request, Override)
    return render_stored_response(
        await transitions.override(context.engine, declaration_id, party, decision, command, person=person.name)
    )


@router.post("/{id}/correction")
async def correct_release(
    declaration_id: DeclarationId, request: Request, context: Context, party: Customs, person: CallingPerson
) -> Response:
    """Correct the released quantities, up or down, with a reason."""
    decision, command = await read_command(request, Correction)
    return render_stored_response(
        await transitions.correct(context.engine, declaration_id, party, decision, command, person=person.name)
    )


@router.post("/{id}/consent")
async def consent_to_item(
    declaration_id: DeclarationId, request: Request, context: Context, party: Authority
) -> Response:
    """Store the consent of the authority that issued the cited permit to exceed it for one item."""
    decision, command = await read_command(request, Consent)
    return render_stored_response(await transitions.consent(context.engine, declaration_id, party, decision, command))
