"""Credentials of a party: create one (its secret is shown once), rotate one, end one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.actions.auth.client_keys import parse_keys
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.party_administration import require_active_admin
from services.gateway.store import credentials, parties
from services.gateway.store.credentials import Proof
from services.gateway.store.tables import commands
from shared import idempotency, secret_tokens
from shared.contracts.parties import CredentialRotation, NewCredential
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.limits import Limit, LimitSubject
from shared.problems import Conflict, Fault, Invalid, NotFound
from shared.sealed_secrets import open_response, seal_response

MAX_CREDENTIALS = Limit(
    50,
    "credentials",
    subject=LimitSubject.ACCOUNTS,
    meaning="Active credentials of a party",
    beyond="409 `too-many-credentials`",
)
MAKE_ANOTHER = "End the credential, and create another."


@dataclass(frozen=True, kw_only=True)
class NewCredentialRecord:
    """A new credential. Its secret is known only now."""

    client_id: str
    secret: str | None
    kids: tuple[str, ...]
    subject: str | None
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """A new credential, the client id of the one that it replaces, and when that one ends."""

    new: NewCredentialRecord
    old_client_id: str
    old_ends_at: datetime


async def give_credential(
    context: GatewayContext,
    party_id: UUID,
    new: NewCredential,
    *,
    command: IdempotentCommand,
    render: Callable[[NewCredentialRecord], str],
) -> StoredResponse:
    """Create a credential of a party, and store the response that `render` writes.

    The response is stored sealed, because it may contain a secret. A known key or subject remains the person that it
    was: otherwise a person counts as two after the end of the earlier credential.
    """
    at = command.at
    client_id, secret = str(new_id(at)), secret_tokens.generate_secret()
    async with context.engine.begin() as conn:
        stored = await idempotency.begin(conn, commands, command)
        if stored is not None:
            return open_response(context.sealer, command, stored, advice=MAKE_ANOTHER)
        # A repeated command gets its response first: the end of the credential may be past by now.
        proof = _new_proof(new, secret, at)
        response = StoredResponse(status=201, body=render(_make_credential(client_id, secret, proof)))
        revision = await parties.lock_next_revision(conn)
        person = await credentials.find_person(conn, proof) or client_id
        await _insert_credential(conn, party_id, client_id, proof, person=person, revision=revision, at=at)
        await idempotency.store_response(conn, commands, command, seal_response(context.sealer, command, response))
    await context.directory.try_refresh()
    return response


async def rotate_credential(
    context: GatewayContext,
    party_id: UUID,
    client_id: str,
    rotation: CredentialRotation,
    *,
    command: IdempotentCommand,
    render: Callable[[Rotation], str],
) -> StoredResponse:
    """Create a new credential of the same kind as an old one. The old one ends after the overlap.

    The response that `render` writes is stored sealed.
    """
    at = command.at
    new_client_id, secret = str(new_id(at)), secret_tokens.generate_secret()
    async with context.engine.begin() as conn:
        stored = await idempotency.begin(conn, commands, command)
        if stored is not None:
            return open_response(context.sealer, command, stored, advice=MAKE_ANOTHER)
        revision = await parties.lock_next_revision(conn)
        until = at + timedelta(hours=rotation.overlap_hours)
        old = await credentials.shorten(conn, client_id, party_id, until=until, revision=revision, at=at)
        if old is None:
            raise NotFound
        proof = _rotated_proof(old, rotation, secret)
        rotated = Rotation(
            new=_make_credential(new_client_id, secret, proof), old_client_id=client_id, old_ends_at=until
        )
        response = StoredResponse(status=201, body=render(rotated))
        await idempotency.store_response(conn, commands, command, seal_response(context.sealer, command, response))
        person = old["person"]
        await _insert_credential(conn, party_id, new_client_id, proof, person=person, revision=revision, at=at)
        await require_active_admin(conn)
    await context.directory.try_refresh()
    return response


async def end_credential(context: GatewayContext, party_id: UUID, client_id: str) -> None:
    """End a credential. The gateway issues no new token for it and refuses its tokens."""
    async with context.engine.begin() as conn:
        revision = await parties.lock_next_revision(conn)
        if not await credentials.end(conn, client_id, party_id, revision=revision, at=now()):
            raise NotFound
        await require_active_admin(conn)
    await context.directory.try_refresh()


async def _insert_credential(
    conn: AsyncConnection, party_id: UUID, client_id: str, proof: Proof, *, person: str, revision: int, at: datetime
) -> None:
    """Insert a credential. The lock of the revision makes the count exact. Raise NotFound or Conflict."""
    if await parties.find(conn, party_id) is None:
        raise NotFound
    if await credentials.count_active(conn, party_id, at=at) >= MAX_CREDENTIALS:
        raise Conflict(
            "too-many-credentials",
            f"The party has {MAX_CREDENTIALS} active credentials, the limit of the hub. End one that nobody uses: "
            f"DELETE /v1/parties/{party_id}/credentials/{{client_id}}.",
        )
    if not await credentials.add(conn, client_id, party_id, proof, person=person, revision=revision, at=at):
        raise Conflict(
            "subject-taken",
            "Another active credential has this subject. End that credential first, or name another subject.",
        )


def _new_proof(new: NewCredential, secret: str, at: datetime) -> Proof:
    if new.expires_at is not None and new.expires_at <= at:
        text = "Expected a time in the future, because a credential ends after its creation."
        raise Invalid("invalid-body", text, [Fault("/expires_at", "in-the-past", text)])
    if new.subject is not None:
        return Proof(subject=new.subject, expires_at=new.expires_at)
    if new.public_key is not None or new.jwks is not None:
        return Proof(keys=parse_keys(new.public_key, new.jwks), expires_at=new.expires_at)
    return Proof(secret=secret_tokens.secret_digest(secret), expires_at=new.expires_at)


def _rotated_proof(old: RowMapping, rotation: CredentialRotation, secret: str) -> Proof:
    brings_key = rotation.public_key is not None or rotation.jwks is not None
    if old["subject"] is not None:
        raise Conflict(
            "not-rotated-so",
            "This credential is a subject of an external issuer, which rotates it. End this "
            "credential, and create another.",
        )
    if brings_key != (old["public_keys"] is not None):
        text = (
            "This credential has a public key. Send the new one as `public_key`."
            if old["public_keys"] is not None
            else "This credential has a secret. Send no key: the hub creates the new secret."
        )
        raise Conflict("not-rotated-so", text)
    if brings_key:
        return Proof(keys=parse_keys(rotation.public_key, rotation.jwks))
    return Proof(secret=secret_tokens.secret_digest(secret))


def _make_credential(client_id: str, secret: str, proof: Proof) -> NewCredentialRecord:
    return NewCredentialRecord(
        client_id=client_id,
        secret=None if proof.secret is None else secret,
        kids=tuple(key["kid"] for key in proof.keys or ()),
        subject=proof.subject,
        expires_at=proof.expires_at,
    )
