"""Who stands behind a call inside the hub: a party, or a service for itself; every route asks."""

from typing import Annotated

from fastapi import Depends, Request

from shared.contracts.parties import Caller, Party, RepresentedTrader
from shared.database import now
from shared.logs import logger
from shared.problem_responses import Unauthenticated, request_id
from shared.problems import NotAllowed
from shared.signed_tokens import InternalTokenVerifier, InvalidToken


def read_caller(request: Request) -> Caller:
    """Answer who stands behind a call inside the hub; 401 without a valid inside token."""
    verifier: InternalTokenVerifier = request.app.state.internal_tokens
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthenticated("This service is called from inside the hub only, with an inside token.")
    try:
        found = verifier.verify(token.strip(), at=now())
    except InvalidToken as error:
        logger().warning("token.refused", reason=str(error))
        raise Unauthenticated("The inside token is not valid here.") from None
    return found.model_copy(update={"request_id": request_id(request)})


def require_party(caller: Annotated[Caller, Depends(read_caller)]) -> Party:
    """Answer the party behind a call; a service alone is not one."""
    if caller.party is None:
        raise NotAllowed("party-required", "This is asked by a party, not by a service.")
    return caller.party


def find_represented_trader(caller: Annotated[Caller, Depends(read_caller)]) -> RepresentedTrader | None:
    """Answer the trader in whose name the party calls under a mandate, as the gateway has checked it."""
    return caller.acts_for


def require_service(caller: Annotated[Caller, Depends(read_caller)]) -> str:
    """Answer the service that calls for itself; a party may never do this."""
    if caller.party is not None:
        raise NotAllowed("service-required", "This is asked by a service of the hub, not by a party.")
    return caller.service


CallingParty = Annotated[Party, Depends(require_party)]
RepresentedTraderIfAny = Annotated[RepresentedTrader | None, Depends(find_represented_trader)]
CallingService = Annotated[str, Depends(require_service)]
