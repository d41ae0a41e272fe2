"""The guard of every route: who are you, may your role ever do this, and do you ask for things we know."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from services.gateway.actions.auth.party_directory import Known
from services.gateway.actions.context import Desk
from services.gateway.api.permissions import RIGHTS
from shared.contracts.parties import ActsFor, Caller
from shared.database import now
from shared.logs import logger
from shared.problem_responses import Unauthenticated, request_id
from shared.problems import Fault, Invalid, NotAllowed, NotFound
from shared.signed_tokens import BadToken

NOT_OURS = "This access token has expired, or is none of this hub's. Ask for a new one: POST /oauth2/token."
ADDS_UP = frozenset({"types"})
"""Query parameters that may be there more than once: each time adds to what is asked for."""


def the_desk(request: Request) -> Desk:
    """Answer what the actions of this process work with."""
    desk: Desk = request.app.state.desk
    return desk


async def _desk(request: Request) -> Desk:
    """Answer the same as a dependency: a plain function would be sent to a thread."""
    return the_desk(request)


ADesk = Annotated[Desk, Depends(_desk)]


async def admit(desk: Desk, authorization: str, operation: str) -> Known:
    """Answer who sends a request; 401 without a good access token, 403 for a role that may never do this."""
    kind, _, token = authorization.partition(" ")
    if not token or kind.lower() != "bearer":
        raise Unauthenticated
    try:
        known = await _bearer(desk, token.strip())
    except BadToken as error:
        logger().info("token.refused", reason=str(error))
        raise Unauthenticated(NOT_OURS) from None
    if known is None:
        raise Unauthenticated("This credential or its party was ended or disabled.")
    await desk.limits.count(known.party.id)
    if RIGHTS[operation].isdisjoint(known.roles):
        allowed = ", ".join(sorted(RIGHTS[operation]))
        raise NotAllowed("role-not-allowed", f"This is done by: {allowed}. You are: {', '.join(sorted(known.roles))}.")
    return known


async def _bearer(desk: Desk, token: str) -> Known | None:
    """Answer the party a token of ours, or of the outside issuer we trust, speaks for; raises BadToken."""
    at = now()
    try:
        party_id, client_id = desk.access.bearer(token, at=at)
    except BadToken:
        if desk.outside is None or not desk.outside.is_its(token):
            raise
    else:
        return await desk.people.find(party_id, client_id)
    found = await desk.people.of_subject(await desk.outside.subject(token, at=at))
    if found is None:
        return None
    known, client_id = found
    await desk.outside.note_use(client_id, at=at)
    return known


def may(operation: str, *query: str) -> Callable[[Request], Coroutine[Any, Any, Known]]:
    """Make the dependency that guards an operation, which knows these query parameters and no others."""

    async def guard(request: Request) -> Known:
        known = await admit(the_desk(request), request.headers.get("authorization", ""), operation)
        know_parameters(request, query)
        return known

    return guard


def know_parameters(request: Request, names: tuple[str, ...]) -> None:
    """Refuse query parameters this route does not know: one misspelt would silently widen what is asked.

    Nor may one be there twice, but for `types`, which adds up: which of the two counts would be anyone's guess.
    """
    given = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(given) - set(names))
    if unknown:
        knows = f"This route knows {', '.join(names)}." if names else "This route knows none."
        places = [Fault(f"/query/{name}", "unknown-parameter", knows) for name in unknown[:20]]
        raise Invalid("invalid-parameter", f"A parameter is not known here. {knows}", places)
    if twice := sorted({name for name in given if given.count(name) > 1 and name not in ADDS_UP}):
        places = [Fault(f"/query/{name}", "parameter-twice", "It can be there once.") for name in twice]
        raise Invalid("invalid-parameter", "A parameter is there twice. Send it once.", places)


def caller_of(known: Known, request: Request, acts_for: ActsFor | None = None) -> Caller:
    """Answer who stands behind a call that goes on inside, and in whose name under a mandate."""
    client, name = _client_of(request), request_id(request)
    return Caller(service="gateway", party=known.party, acts_for=acts_for, client=client, request_id=name)


def _client_of(request: Request) -> str:
    """Answer the credential of a request that was admitted: an authority may ask for two people, not two parties."""
    token = request.headers.get("authorization", "").partition(" ")[2].strip()
    try:
        return the_desk(request).access.bearer(token, at=now())[1]
    except BadToken:  # it ended since it was admitted
        raise Unauthenticated from None


def id_of(request: Request) -> UUID:
    """Answer the id in the path; what is no id is nothing here."""
    try:
        return UUID(str(request.path_params["id"]))
    except ValueError:
        raise NotFound from None
