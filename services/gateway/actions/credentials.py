"""What the admin does with a party's credentials: give one (a secret is shown once), rotate one, end one."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.actions.auth.client_keys import read_keys
from services.gateway.actions.context import Desk
from services.gateway.actions.idempotency import Made, Once, keep, recall
from services.gateway.actions.party_administration import demand_an_admin
from services.gateway.store import credentials, parties
from services.gateway.store.credentials import Proof
from shared import signed_tokens
from shared.contracts.fields import write_moment
from shared.contracts.parties import NewCredential, Rotation
from shared.database import new_id, now
from shared.problems import Conflict, Fault, Invalid, NotFound


async def give_credential(desk: Desk, party_id: UUID, new: NewCredential, *, asked: Once | None) -> Made:
    """Make a credential of a party; what is kept under the key is sealed, for it may hold a secret."""
    at = now()
    client_id, secret = str(new_id(at)), signed_tokens.secret()
    proof = _proof(new, secret, at)
    body = _shown(client_id, secret, proof)
    async with desk.engine.begin() as conn:
        kept = await keep(conn, asked, desk.seal.close(body), at=at)
        if kept is not None:
            return Made(desk.seal.open(kept), replayed=True)
        await _add(conn, party_id, client_id, proof, revision=await parties.revise(conn), at=at)
    await desk.people.refresh_if_possible()
    return Made(body)


async def rotate_credential(
    desk: Desk, party_id: UUID, client_id: str, wanted: Rotation, *, asked: Once | None
) -> Made:
    """Make a new credential of the same kind beside an old one, which ends when the overlap is over."""
    at = now()
    fresh_id, secret = str(new_id(at)), signed_tokens.secret()
    async with desk.engine.begin() as conn:
        revision = await parties.revise(conn)
        kept = await recall(conn, asked)
        if kept is not None:
            return Made(desk.seal.open(kept), replayed=True)
        until = at + timedelta(hours=wanted.overlap_hours)
        old = await credentials.shorten(conn, client_id, party_id, until=until, revision=revision, at=at)
        if old is None:
            raise NotFound
        proof = _successor(old, wanted, secret)
        body = _shown(fresh_id, secret, proof, replaces={"client_id": client_id, "ends_at": write_moment(until)})
        await keep(conn, asked, desk.seal.close(body), at=at)
        await _add(conn, party_id, fresh_id, proof, revision=revision, at=at)
        await demand_an_admin(conn)
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


async def _add(
    conn: AsyncConnection, party_id: UUID, client_id: str, proof: Proof, *, revision: int, at: datetime
) -> None:
    if await parties.find(conn, party_id) is None:
        raise NotFound
    if not await credentials.add(conn, client_id, party_id, proof, revision=revision, at=at):
        raise Conflict("subject-taken", "Another living credential stands for this subject. End that one first.")


def _proof(new: NewCredential, secret: str, at: datetime) -> Proof:
    if new.expires_at is not None and new.expires_at <= at:
        text = "A credential ends in the future."
        raise Invalid("invalid-body", text, [Fault("/expires_at", "in-the-past", text)])
    if new.subject is not None:
        return Proof(subject=new.subject, expires_at=new.expires_at)
    if new.public_key is not None or new.jwks is not None:
        return Proof(keys=read_keys(new.public_key, new.jwks), expires_at=new.expires_at)
    return Proof(secret=signed_tokens.digest(secret), expires_at=new.expires_at)


def _successor(old: RowMapping, wanted: Rotation, secret: str) -> Proof:
    brings = wanted.public_key is not None or wanted.jwks is not None
    if old["subject"] is not None:
        raise Conflict("not-rotated-so", "An outside subject is rotated by its issuer. End this one, and give another.")
    if brings != (old["public_keys"] is not None):
        text = "Send the new public_key." if old["public_keys"] is not None else "Send no key: this one is a secret."
        raise Conflict("not-rotated-so", text)
    if brings:
        return Proof(keys=read_keys(wanted.public_key, wanted.jwks))
    return Proof(secret=signed_tokens.digest(secret))


def _shown(client_id: str, secret: str, proof: Proof, **more: Any) -> bytes:
    said: dict[str, Any] = {"client_id": client_id}
    if proof.secret is not None:
        said["client_secret"] = secret
    if proof.keys is not None:
        said["kids"] = [key["kid"] for key in proof.keys]
    if proof.subject is not None:
        said["subject"] = proof.subject
    if proof.expires_at is not None:
        said["expires_at"] = write_moment(proof.expires_at)
    return json.dumps(said | more, ensure_ascii=False).encode()
