"""Policies: a country's requirements beyond the Convention. Every party reads them, the administrator changes them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.permits.actions.reference import policies
from services.permits.api.commands import read_command
from services.permits.api.dependencies import Context, require_role
from services.permits.api.responses import render_view
from shared.command_requests import render_stored_response
from shared.conditional_requests import require_if_match
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Party
from shared.contracts.policy import Policy
from shared.internal_auth import CallingParty

router = APIRouter(prefix="/v1/policies", tags=["policies"])
Admin = Annotated[Party, Depends(require_role(Role.ADMIN))]


@router.get("/{country}")
async def read_policy(country: str, context: Context, party: CallingParty) -> Response:
    """Read a country's policy."""
    view = await policies.read(context.engine, country)
    return render_view(view, version=view.version)


@router.put("/{country}")
async def change_policy(country: str, request: Request, context: Context, party: Admin) -> Response:
    """Replace a country's policy. A switch that the body does not contain is off."""
    require_if_match(request.headers.get("if-match"))
    policy, command = await read_command(request, Policy)
    return render_stored_response(await policies.change(context.engine, country, policy, party, command))
