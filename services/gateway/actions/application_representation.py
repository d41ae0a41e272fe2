"""In whose name an application for a permit is made, answered or withdrawn: one's own, or that of a trader whose
mandate lives."""

import json
from collections.abc import Sequence
from uuid import UUID

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.representation import make_acts_for
from services.gateway.clients.internal import call_with_retry
from shared.contracts.application import IMPORT_KINDS, Application
from shared.contracts.parties import Caller, RepresentedTrader
from shared.database import now
from shared.problems import Invalid, NotAllowed
from shared.strict_json import parse_json, validate

NOT_YOUR_APPLICATION = "not-your-application"


async def find_applicant(context: GatewayContext, principal: Principal, body: bytes) -> RepresentedTrader | None:
    """Answer the trader an agent applies for: the one it names, else the one whose identifier stands in the paper.

    None where it applies for itself, or for nobody it may apply for, and where the body is no application: permits
    says so. Raises NotAllowed where it names a trader whose mandate it does not hold today.
    """
    try:
        application = validate(Application, parse_json(body))
    except Invalid:
        return None
    identifiers = _identifiers(application)
    if application.trader == principal.party.id or (
        application.trader is None and principal.numbers & set(identifiers)
    ):
        return None
    traders = await context.directory.list_represented_traders(principal.party.id, day=now().date())
    if application.trader is None:
        found = next((one for identifier in identifiers for one in traders if identifier in one.numbers), None)
    elif (found := next((one for one in traders if one.party.id == application.trader), None)) is None:
        text = "`trader` is another party, and you hold no mandate of it today. It grants one: /v1/mandates."
        raise NotAllowed(NOT_YOUR_APPLICATION, text)
    return make_acts_for(found, principal) if found else None


def _identifiers(application: Application) -> Sequence[str]:
    """Answer the identifiers in the paper, first that of the side a permit of this kind is for."""
    sides = [application.exporter, application.importer]
    sides = sides[::-1] if application.kind in IMPORT_KINDS else sides
    return [side.identifier for side in sides if side.identifier is not None]


async def find_represented_trader(
    context: GatewayContext, principal: Principal, caller: Caller, application_id: UUID
) -> RepresentedTrader | None:
    """Answer for whom an agent answers or withdraws what it made; None when it is its own, or not its at all.

    Raises NotAllowed when the mandate it was made under has ended: what it made it may still read.
    """
    reply = await call_with_retry(context.permits, "GET", f"/v1/permit-applications/{application_id}", caller=caller)
    if reply.status != 200:
        return None
    trader = json.loads(reply.body).get("trader")
    if trader in {None, str(principal.party.id)}:
        return None
    found = await context.directory.find_represented_trader(principal.party.id, UUID(trader), day=now().date())
    if found is None:
        text = "The mandate you made this under has ended. Its trader may answer or withdraw, or renew it."
        raise NotAllowed(NOT_YOUR_APPLICATION, text)
    return make_acts_for(found, principal)
