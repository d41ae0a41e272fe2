"""The first start of a hub: it creates an administrator and writes its credential to a file of the operator."""

import json
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store import credentials, parties
from services.gateway.store.credentials import Proof
from shared import secret_tokens
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Party
from shared.database import new_id, now
from shared.durable_files import write_durably
from shared.logs import logger

OPERATOR_COUNTRY = "ZZ"
"""The country of the operator's own party: ISO 3166-1 reserves this code for users."""


async def make_first_admin(conn: AsyncConnection, file: Path) -> bool:
    """Create an administrator and write its credential to `file`, if the hub has none. Return whether it did.

    The file is written before the commit. If the process dies in between, the next start finds no administrator and
    writes it again.
    """
    revision = await parties.lock_next_revision(conn)
    if await parties.has_admin(conn):
        return False
    at = now()
    party = Party(id=new_id(at), name="Administrator of this hub", country=OPERATOR_COUNTRY, roles=(Role.ADMIN,))
    await parties.add(conn, party, revision=revision, at=at, actor_party_id=None)
    client_id, secret = str(new_id(at)), secret_tokens.generate_secret()
    proof = Proof(secret=secret_tokens.secret_digest(secret))
    await credentials.add(conn, client_id, party.id, proof, person=client_id, revision=revision, at=at)
    write_durably(file, json.dumps({"client_id": client_id, "client_secret": secret}).encode() + b"\n")
    logger().info("first_admin.created", party=str(party.id), file=str(file))
    return True
