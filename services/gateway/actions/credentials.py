"""What the admin does with a party's credentials: give one (its secret is shown once), end one."""

import json
from uuid import UUID

from services.gateway.actions.desk import Desk
from services.gateway.actions.once import Made, Once, keep
from services.gateway.actions.parties import demand_an_admin
from services.gateway.store import credentials, parties
from shared import identity
from shared.database import new_id, now
from shared.problems import NotFound


async def give_credential(desk: Desk, party_id: UUID, *, asked: Once | None) -> Made:
    """Make a credential of a party; what is kept under the key is sealed, for it holds the secret."""
    at = now()
    client_id, secret = str(new_id(at)), identity.secret()
    body = write_credential(client_id, secret)
    async with desk.engine.begin() as conn:
        kept = await keep(conn, asked, desk.seal.close(body), at=at)
        if kept is not None:
            return Made(desk.seal.open(kept), replayed=True)
        revision = await parties.revise(conn)
        if await parties.find(conn, party_id) is None:
            raise NotFound
        await credentials.add(conn, client_id, party_id, identity.digest(secret), revision=revision, at=at)
    await desk.people.refresh_if_possible()
    return Made(body)


async def end_credential(desk: Desk, party_id: UUID, client_id: str) -> None:
    """End a credential: no new token for it, and those it has are refused."""
    async with desk.engine.begin() as conn:
        revision = await parties.revise(conn)
        if not await credentials.end(conn, client_id, party_id, revision=revision, at=now()):
            raise NotFound
        await demand_an_admin(conn)
    await desk.people.refresh_if_possible()


def write_credential(client_id: str, secret: str) -> bytes:
    """Write a credential as it is shown, once."""
    return json.dumps({"client_id": client_id, "client_secret": secret}).encode()
