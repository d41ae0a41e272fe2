"""Coming in: a client shows its secret, or an assertion signed with its key, and is given an access token."""

from services.gateway.actions.auth.client_assertions import BadAssertion, check, claimed_client
from services.gateway.actions.context import Desk
from services.gateway.store import assertions, credentials
from shared import signed_tokens
from shared.database import now


async def enter(desk: Desk, client_id: str, secret: str) -> str | None:
    """Answer an access token for a living credential of an enabled party; None when it is nobody's."""
    at = now()
    async with desk.engine.begin() as conn:
        party_id = await credentials.use(conn, client_id, signed_tokens.digest(secret), at=at)
    return None if party_id is None else desk.access.issue(party_id, client_id, at=at)


async def enter_by_assertion(desk: Desk, text: str) -> str:
    """Answer an access token for a client that signed who it is; raises BadAssertion.

    The assertion is spent in the transaction that lets the client in, so of any number at once one comes in.
    """
    at, client_id = now(), claimed_client(text)
    async with desk.engine.begin() as conn:
        keys = await credentials.keys_of(conn, client_id, at=at)
        assertion = check(text, keys, issuer=desk.access.issuer, at=at)
        if not await assertions.spend(conn, client_id, assertion.jti, until=assertion.until):
            raise BadAssertion("This assertion was used before: make a new one, with a new `jti`.")
        party_id = await credentials.use_by_key(conn, client_id, at=at)
        if party_id is None:
            raise BadAssertion("No such client, or it was ended or disabled.")
    return desk.access.issue(party_id, client_id, at=at)
