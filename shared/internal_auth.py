"""Who stands behind a call inside the hub: a party, or a service for itself; every route asks."""

from typing import Annotated

from fastapi import Depends, Request

from shared.contracts.parties import ActsFor, Caller, Party
from shared.database import now
from shared.logs import logger
from shared.problem_responses import Unauthenticated, request_id
from shared.problems import NotAllowed
from shared.signed_tokens import BadToken, InsideReader


def caller(request: Request) -> Caller:
    """Answer who stands behind a call inside the hub; 401 without a valid inside token."""
    reader: InsideReader = request.app.state.inside
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthenticated("This service is called from inside the hub only, with an inside token.")
    try:
        found = reader.caller(token.strip(), at=now())
    except BadToken as error:
        logger().warning("token.refused", reason=str(error))
        raise Unauthenticated("The inside token is not valid here.") from None
    return found.model_copy(update={"request_id": request_id(request)})


def calling_party(found: Annotated[Caller, Depends(caller)]) -> Party:
    """Answer the party behind a call; a service alone is not one."""
    if found.party is None:
        raise NotAllowed("party-required", "This is asked by a party, not by a service.")
    return found.party


def acting_for(found: Annotated[Caller, Depends(caller)]) -> ActsFor | None:
    """Answer the trader in whose name the party calls under a mandate, as the gateway has checked it."""
    return found.acts_for


def calling_service(found: Annotated[Caller, Depends(caller)]) -> str:
    """Answer the service that calls for itself; a party may never do this."""
    if found.party is not None:
        raise NotAllowed("service-required", "This is asked by a service of the hub, not by a party.")
    return found.service


AParty = Annotated[Party, Depends(calling_party)]
AnotherTrader = Annotated[ActsFor | None, Depends(acting_for)]
AService = Annotated[str, Depends(calling_service)]
