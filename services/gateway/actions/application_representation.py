"""In whose name an application for a permit is made, answered or withdrawn: one's own, or that of a trader whose
mandate lives."""

import json
from collections.abc import Sequence
from uuid import UUID

from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.context import Desk
from services.gateway.actions.representation import acts_for
from services.gateway.clients.internal import ask
from shared.contracts.application import IMPORTING, Application
from shared.contracts.parties import ActsFor, Caller
from shared.database import now
from shared.problems import Invalid, NotAllowed
from shared.strict_json import parse_json, validate

NOT_YOURS = "not-your-application"


async def applicant(desk: Desk, known: Known, body: bytes) -> ActsFor | None:
    """Answer the trader an agent applies for: the one it names, else the one whose identifier stands in the paper.

    None where it applies for itself, or for nobody it may apply for, and where the body is no application: permits
    says so. Raises NotAllowed where it names a trader whose mandate it does not hold today.
    """
    try:
        stated = validate(Application, parse_json(body))
    except Invalid:
        return None
    numbers = _numbers(stated)
    if stated.trader == known.party.id or (stated.trader is None and known.numbers & set(numbers)):
        return None
    granted = await desk.people.principals(known.party.id, day=now().date())
    if stated.trader is None:
        found = next((one for number in numbers for one in granted if number in one.numbers), None)
    elif (found := next((one for one in granted if one.party.id == stated.trader), None)) is None:
        text = "`trader` is another party, and you hold no mandate of it today. It grants one: /v1/mandates."
        raise NotAllowed(NOT_YOURS, text)
    return acts_for(found, known) if found else None


def _numbers(stated: Application) -> Sequence[str]:
    """Answer the identifiers in the paper, first that of the side a permit of this kind is for."""
    sides = [stated.exporter, stated.importer]
    sides = sides[::-1] if stated.kind in IMPORTING else sides
    return [side.identifier for side in sides if side.identifier is not None]


async def acting(desk: Desk, known: Known, caller: Caller, id: UUID) -> ActsFor | None:
    """Answer for whom an agent answers or withdraws what it made; None when it is its own, or not its at all.

    Raises NotAllowed when the mandate it was made under has ended: what it made it may still read.
    """
    reply = await ask(desk.permits, "GET", f"/v1/permit-applications/{id}", caller=caller)
    if reply.status != 200:
        return None
    trader = json.loads(reply.body).get("trader")
    if trader in {None, str(known.party.id)}:
        return None
    found = await desk.people.principal(known.party.id, UUID(trader), day=now().date())
    if found is None:
        text = "The mandate you made this under has ended. Its trader may answer or withdraw, or renew it."
        raise NotAllowed(NOT_YOURS, text)
    return acts_for(found, known)
