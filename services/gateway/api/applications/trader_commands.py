"""Applications for permits as traders and their agents make, answer and withdraw them, each in whose name it is."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from services.gateway.actions import application_representation
from services.gateway.actions.auth.party_directory import Known
from services.gateway.api.applications.routes import APPLICANTS, APPLYING
from services.gateway.api.auth.authentication import caller_of, id_of, the_desk
from services.gateway.api.proxy.proxy import ForWhom, Relayed, add_relayed, render, send
from shared.contracts.parties import ActsFor
from shared.service_client import Away, unavailable


async def apply(request: Request, route: Relayed) -> Response:
    """Pass an application on, in the name of the trader it is for."""

    async def whose(known: Known, body: bytes) -> ActsFor | None:
        return await application_representation.applicant(the_desk(request), known, body)

    return await _pass_on(request, route, whose)


async def turn(request: Request, route: Relayed) -> Response:
    """Pass on what a trader, or an agent whose mandate lives, says about its application."""

    async def whose(known: Known, _: bytes) -> ActsFor | None:
        return await application_representation.acting(
            the_desk(request), known, caller_of(known, request), id_of(request)
        )

    return await _pass_on(request, route, whose)


async def _pass_on(request: Request, route: Relayed, whose: ForWhom) -> Response:
    try:
        return render(await send(request, route, whose))
    except Away:
        raise unavailable(route.service) from None


def add_application_routes(app: FastAPI) -> None:
    """Serve what traders and their agents do with applications."""
    add_relayed(app, (APPLYING,), apply)
    add_relayed(app, APPLICANTS, turn)
