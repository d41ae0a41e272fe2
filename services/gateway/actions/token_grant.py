"""The grant of access tokens: a client sends its secret, or an assertion that it signed with its key."""

from datetime import datetime

from services.gateway.actions.auth.client_assertions import BadAssertion, claimed_client, verify
from services.gateway.actions.auth.sign_ins import Proof
from services.gateway.actions.context import GatewayContext
from services.gateway.store import assertions, credentials
from shared import secret_tokens
from shared.database import now


async def grant_token(context: GatewayContext, client_id: str, secret: str, *, address: str) -> str | None:
    """Return an access token for an active credential of an enabled party, or None. Raise TooManyRequests."""
    at = now()
    context.sign_ins.require_allowed(address, client_id, at=at.timestamp())
    async with context.engine.begin() as conn:
        party_id = await credentials.authenticate_by_secret(conn, client_id, secret_tokens.secret_digest(secret), at=at)
    if party_id is None:
        context.sign_ins.record_failure(
            address, client_id, proof=Proof.SECRET, reason="no active credential", at=at.timestamp()
        )
        return None
    context.sign_ins.record_success(address, client_id, at=at.timestamp())
    return context.access_tokens.issue(party_id, client_id, at=at)


async def grant_token_by_assertion(context: GatewayContext, text: str, *, address: str) -> str:
    """Return an access token for a client assertion. Raise BadAssertion or TooManyRequests."""
    at, client_id = now(), ""
    try:
        client_id = claimed_client(text)
        context.sign_ins.require_allowed(address, client_id, at=at.timestamp())
        token = await _grant_by_assertion(context, text, client_id, at=at)
    except BadAssertion as error:
        context.sign_ins.record_failure(address, client_id, proof=Proof.ASSERTION, reason=str(error), at=at.timestamp())
        raise
    context.sign_ins.record_success(address, client_id, at=at.timestamp())
    return token


async def _grant_by_assertion(context: GatewayContext, text: str, client_id: str, *, at: datetime) -> str:
    """Return an access token for the assertion of a client. Raise BadAssertion.

    The transaction that admits the client also marks the assertion as used. So only one of several simultaneous uses
    succeeds.
    """
    async with context.engine.begin() as conn:
        keys = await credentials.list_keys(conn, client_id, at=at)
        assertion = verify(text, keys, issuer=context.access_tokens.issuer, at=at)
        if not await assertions.mark_used(conn, client_id, assertion.jti, expires_at=assertion.expires_at):
            raise BadAssertion("You used this assertion before. Sign a new one with a new `jti`.")
        party_id = await credentials.authenticate_by_key(conn, client_id, at=at)
        if party_id is None:
            raise BadAssertion(
                "The client id is wrong, or the administrator ended the credential. Ask the "
                "administrator for a credential."
            )
    return context.access_tokens.issue(party_id, client_id, at=at)
