"""The party for whom a principal handles an application: itself, or a trader with an active mandate."""

import json
from collections.abc import Sequence
from uuid import UUID

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.mandate_acceptance import accept_by_use
from services.gateway.actions.representation import make_acts_for
from services.gateway.clients.internal import call_with_retry
from shared.contracts.application import IMPORT_KINDS, Application
from shared.contracts.identifiers import identifier_key
from shared.contracts.parties import Caller, RepresentedTrader
from shared.database import now
from shared.problems import Invalid, NotAllowed
from shared.strict_json import parse_json, validate

NOT_YOUR_APPLICATION = "not-your-application"


async def find_applicant(context: GatewayContext, principal: Principal, body: bytes) -> RepresentedTrader | None:
    """Return the trader for whom an agent applies. Return None if the principal applies for itself.

    An agent states the trader, or the application names the trader's identifier and country. Return None also if no
    such trader exists or the body is no application: permits reports both. Raise NotAllowed if the stated trader has no
    active mandate for the agent.
    """
    try:
        application = validate(Application, parse_json(body))
    except Invalid:
        return None
    keys = _identifier_keys(application)
    if application.trader == principal.party.id or (
        application.trader is None and principal.identifier_keys & set(keys)
    ):
        return None
    at = now()
    traders = await context.directory.list_granting_traders(principal.party.id, day=at.date())
    if application.trader is None:
        found = next((one for key in keys for one in traders if key in one.identifier_keys), None)
    elif (found := next((one for one in traders if one.party.id == application.trader), None)) is None:
        text = (
            "`trader` names another party, and you have no mandate of it today. The trader grants "
            "one: POST /v1/mandates."
        )
        raise NotAllowed(NOT_YOUR_APPLICATION, text)
    if found is None:
        return None
    await accept_by_use(context, principal, found, at=at)
    return make_acts_for(found, principal)


def _identifier_keys(application: Application) -> Sequence[str]:
    """Return the keys of the identifiers in the application. The side that needs a permit of this kind comes first."""
    sides = [application.exporter, application.importer]
    sides = sides[::-1] if application.kind in IMPORT_KINDS else sides
    return [identifier_key(side.country, side.identifier) for side in sides if side.identifier is not None]


async def find_represented_trader(
    context: GatewayContext, principal: Principal, caller: Caller, application_id: UUID
) -> RepresentedTrader | None:
    """Return the trader for whom an agent answers or withdraws. Return None if the application is the principal's own.

    Return None also if the principal cannot read the application. Raise NotAllowed if the mandate has ended; the agent
    can still read what it lodged.
    """
    reply = await call_with_retry(context.permits, "GET", f"/v1/permit-applications/{application_id}", caller=caller)
    if reply.status != 200:
        return None
    trader = json.loads(reply.body).get("trader")
    if trader in {None, str(principal.party.id)}:
        return None
    found = await context.directory.find_represented_trader(principal.party.id, UUID(trader), day=now().date())
    if found is None:
        text = "The mandate under which you applied has ended. The trader answers or withdraws, or renews the mandate."
        raise NotAllowed(NOT_YOUR_APPLICATION, text)
    return make_acts_for(found, principal)
