"""The admission of every request: the principal, its roles, and the known query parameters."""

from uuid import UUID

from fastapi import Request
from starlette.types import Scope

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.auth.sign_ins import FAILURE_COUNTER, Proof
from services.gateway.actions.context import GatewayContext
from services.gateway.api.protocol.client_address import client_address
from services.gateway.api.routing.route import Route
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Caller, RepresentedTrader
from shared.database import now
from shared.logs import logger
from shared.problem_responses import Unauthenticated, request_id
from shared.problems import Fault, Invalid, NotFound, role_not_allowed
from shared.request_context import record_party
from shared.signed_tokens import InvalidToken

TOKEN_NOT_VALID = (
    "The access token is not valid: it has expired, or another hub issued it. Request one: POST /oauth2/token."  # noqa: S105
)
NOBODY: frozenset[Role] = frozenset()
"""The roles of a public route, which requires no token."""
REPEATABLE_PARAMETERS = frozenset({"types"})
"""Query parameters that a request may repeat. Each repetition adds to the query."""


def get_context(request: Request) -> GatewayContext:
    """Return the context of this process."""
    context: GatewayContext = request.app.state.context
    return context


async def admit(request: Request, route: Route) -> Principal:
    """Return the principal of a request that the route admits. Raise a problem if a query parameter is unknown."""
    principal = await authenticate(request.scope, request.headers.get("authorization", ""), route)
    require_known_parameters(request, route.query_names)
    return principal


async def authenticate(scope: Scope, authorization: str, route: Route) -> Principal:
    """Return the principal of a request. Raise 401 without a valid access token, 403 without a role of the route."""
    context: GatewayContext = scope["app"].state.context
    kind, _, token = authorization.partition(" ")
    if not token or kind.lower() != "bearer":
        raise Unauthenticated
    try:
        principal, client_id = await _find_principal(context, token.strip())
    except InvalidToken as error:
        _record_refused_token(scope, str(error))
        raise Unauthenticated(TOKEN_NOT_VALID) from None
    if principal is None:
        _record_refused_token(scope, "credential ended or party disabled")
        raise Unauthenticated(
            "The administrator of the hub has ended this credential or disabled its party. Ask for a new credential."
        )
    record_party(principal.party.id)
    scope["client_id"] = client_id
    await context.rate_limits.count(principal.party.id, route.cost)
    permission = route.permission or NOBODY
    if permission.isdisjoint(principal.roles):
        raise role_not_allowed(permission, principal.roles)
    return principal


def _record_refused_token(scope: Scope, reason: str) -> None:
    """Count and log a refused access token with the address that sent it."""
    FAILURE_COUNTER.labels(Proof.TOKEN).inc()
    logger().info("token.refused", reason=reason, address=client_address(scope, scope["app"].state.trusted_proxies))


async def _find_principal(context: GatewayContext, token: str) -> tuple[Principal | None, str]:
    """Return the principal and the credential of a token of this hub or of the external issuer. Raise InvalidToken.

    The principal is None if the credential has ended or its party is disabled.
    """
    at = now()
    try:
        party_id, client_id = context.access_tokens.verify(token, at=at)
    except InvalidToken:
        if context.external_issuer is None or not context.external_issuer.is_claimed_by(token):
            raise
    else:
        return await context.directory.find(party_id, client_id), client_id
    found = await context.directory.find_by_subject(await context.external_issuer.verify_subject(token, at=at))
    if found is None:
        return None, ""
    principal, client_id = found
    await context.external_issuer.record_use(client_id, at=at)
    return principal, client_id


def require_known_parameters(request: Request, names: tuple[str, ...]) -> None:
    """Refuse unknown query parameters: a misspelt filter would silently return more than the client wants.

    Refuse repeated parameters too, except `types`, because it would be uncertain which one applies.
    """
    given = [name for name, _ in request.query_params.multi_items()]
    unknown_names = sorted(set(given) - set(names))
    if unknown_names:
        known_names = f"The route has: {', '.join(names)}." if names else "The route has no query parameters."
        faults = [
            Fault(f"/query/{name}", "unknown-parameter", f"The route has no such parameter. {known_names}")
            for name in unknown_names[:20]
        ]
        raise Invalid(
            "invalid-parameter",
            f"The address has a query parameter that the route does not have. {known_names} Leave out the others.",
            faults,
        )
    if repeated := sorted({name for name in given if given.count(name) > 1 and name not in REPEATABLE_PARAMETERS}):
        faults = [Fault(f"/query/{name}", "parameter-twice", "Expected this parameter once.") for name in repeated]
        raise Invalid(
            "invalid-parameter", "A query parameter is in the address twice. Send it once; `errors` names it.", faults
        )


def make_caller(principal: Principal, request: Request, acts_for: RepresentedTrader | None = None) -> Caller:
    """Return the caller for requests to other services, with the trader that it represents under a mandate.

    It names the credential too, because an authority may require two people, not two parties. The admission found the
    credential. A second check of the token could fail after something is stored.
    """
    return Caller(
        service="gateway",
        party=principal.party.identity,
        acts_for=acts_for,
        client=request.scope["client_id"],
        person=get_context(request).directory.find_person(request.scope["client_id"]),
        request_id=request_id(request),
    )


def path_id(request: Request) -> UUID:
    """Return the id in the path. Raise NotFound if it is no UUID."""
    try:
        return UUID(str(request.path_params["id"]))
    except ValueError:
        raise NotFound from None
