"""The caller of an internal route: a party, or a service of the hub. Every internal route requires one."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from shared.contracts.parties import Caller, Party, RepresentedTrader
from shared.database import now
from shared.logs import logger
from shared.problem_responses import Unauthenticated, request_id
from shared.problems import NotAllowed
from shared.request_context import record_party
from shared.signed_tokens import InternalTokenVerifier, InvalidToken

GATEWAY, PERMITS = "gateway", "permits"
"""The services that sign internal tokens."""


def trust_services(app: FastAPI, verifier: InternalTokenVerifier) -> None:
    """Set the verifier of an app: its routes accept the internal tokens that this verifier accepts, and no others."""
    app.state.internal_tokens = verifier


# Each dependency is a coroutine, because FastAPI runs a plain function in a thread.
async def read_caller(request: Request) -> Caller:
    """Return the caller. Raise Unauthenticated (401) without a valid internal token."""
    verifier: InternalTokenVerifier = request.app.state.internal_tokens
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthenticated(
            "The request has no internal token, and only services of the hub may call this service. Call the gateway."
        )
    try:
        found = verifier.verify(token.strip(), method=request.method, path=request.scope["path"], at=now())
    except InvalidToken as error:
        logger().warning("token.refused", reason=str(error))
        raise Unauthenticated(
            "The internal token is not valid for this service. The operator of the hub checks the signing keys."
        ) from None
    if found.party is not None:
        record_party(found.party.id)
    return found.model_copy(update={"request_id": request_id(request)})


async def require_party(caller: Annotated[Caller, Depends(read_caller)]) -> Party:
    """Return the party that calls. Raise NotAllowed if a service calls without a party, or if not the gateway signed.

    Only the gateway authenticates parties, so no other service may name one.
    """
    _require_signer(GATEWAY, caller)
    if caller.party is None:
        raise NotAllowed(
            "party-required",
            "A service sent a request that only a party may send. The operator of the hub checks the calling service.",
        )
    return caller.party


async def find_represented_trader(caller: Annotated[Caller, Depends(read_caller)]) -> RepresentedTrader | None:
    """Return the trader that the party represents in this call, or None. The gateway has checked the mandate."""
    return caller.acts_for


def require_service(name: str) -> Callable[[Caller], Awaitable[str]]:
    """Return a dependency that raises NotAllowed if another service calls, or if the service calls for a party."""

    async def check_service(caller: Annotated[Caller, Depends(read_caller)]) -> str:
        if caller.party is not None:
            raise NotAllowed(
                "service-required",
                "A party sent a request that only a service may send. The operator of the hub checks the calling "
                "service.",
            )
        _require_signer(name, caller)
        return caller.service

    return check_service


def _require_signer(name: str, caller: Caller) -> None:
    if caller.service != name:
        raise NotAllowed(
            "service-not-allowed",
            f"Only the service {name} may send this request. The operator of the hub checks the calling service.",
        )


CallingParty = Annotated[Party, Depends(require_party)]
RepresentedTraderIfAny = Annotated[RepresentedTrader | None, Depends(find_represented_trader)]
CallingGateway = Annotated[str, Depends(require_service(GATEWAY))]
CallingPermits = Annotated[str, Depends(require_service(PERMITS))]
