"""Coming in: a client shows its credential and is given an access token."""

from services.gateway.actions.desk import Desk
from services.gateway.store import credentials
from shared import identity
from shared.database import now


async def enter(desk: Desk, client_id: str, secret: str) -> str | None:
    """Answer an access token for a living credential of an enabled party; None when it is nobody's."""
    at = now()
    async with desk.engine.begin() as conn:
        party_id = await credentials.use(conn, client_id, identity.digest(secret), at=at)
    return None if party_id is None else desk.access.issue(party_id, client_id, at=at)
