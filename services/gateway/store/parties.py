"""Parties in the database. Each change raises the revision, stores a version and inserts outbox messages."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, any_, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as put_in
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import (
    credentials,
    directory_revision,
    outbox_mandates,
    outbox_parties,
    parties,
    party_identifiers,
    party_versions,
)
from shared.contracts.closed_sets import Role
from shared.contracts.identifiers import identifier_key
from shared.contracts.parties import Party
from shared.database import new_id

DESTINATIONS = ("permits", "notifications")


async def lock_next_revision(conn: AsyncConnection, *, above: int = 0) -> int:
    """Return the next revision, higher than `above`.

    Until the transaction ends, no other change of the directory can continue.
    """
    raised = (
        update(directory_revision)
        .values(revision=func.greatest(directory_revision.c.revision, above) + 1)
        .returning(directory_revision.c.revision)
    )
    return int((await conn.execute(raised)).scalar_one())


async def read_revision(conn: AsyncConnection) -> int:
    """Return the revision of the last committed change."""
    return int((await conn.execute(select(directory_revision.c.revision))).scalar_one())


async def add(
    conn: AsyncConnection, party: Party, *, revision: int, at: datetime, actor_party_id: UUID | None
) -> list[UUID]:
    """Insert a new party, its version and its outbox messages. Return the ids of the messages."""
    await conn.execute(insert(parties).values(**_to_row(party), revision=revision))
    return await _record_version(conn, party, at=at, actor_party_id=actor_party_id)


async def change(
    conn: AsyncConnection, party: Party, *, revision: int, at: datetime, actor_party_id: UUID | None
) -> list[UUID]:
    """Update a party to its next version and insert its outbox messages. Return the ids of the messages."""
    changed = {name: value for name, value in _to_row(party).items() if name != "id"}
    await conn.execute(update(parties).where(parties.c.id == party.id).values(**changed, revision=revision))
    return await _record_version(conn, party, at=at, actor_party_id=actor_party_id)


async def replace_identifiers(conn: AsyncConnection, party: Party) -> list[str]:
    """Replace the identifiers of a party. Return those of another party; the caller must not commit then."""
    by_key = {identifier_key(party.country, value): value for value in party.identifier_values}
    mine = party_identifiers.c.party_id == party.id
    await conn.execute(delete(party_identifiers).where(mine))
    if not by_key:
        return []
    wanted = put_in(party_identifiers).values([{"key": key, "party_id": party.id} for key in sorted(by_key)])
    claimed = await conn.execute(wanted.on_conflict_do_nothing().returning(party_identifiers.c.key))
    return sorted(by_key[key] for key in by_key.keys() - set(claimed.scalars()))


async def find(conn: AsyncConnection, party_id: UUID) -> Party | None:
    """Return one party, or None."""
    row = (await conn.execute(select(*PARTY_COLUMNS).where(parties.c.id == party_id))).one_or_none()
    return None if row is None else _from_row(row)


async def list_page(conn: AsyncConnection, *, before: UUID | None, limit: int) -> list[Party]:
    """Return up to `limit` parties older than `before`, newest first."""
    older = [] if before is None else [parties.c.id < before]
    found = await conn.execute(select(*PARTY_COLUMNS).where(*older).order_by(parties.c.id.desc()).limit(limit))
    return [_from_row(row) for row in found]


async def list_changed_since(conn: AsyncConnection, revision: int) -> list[Party]:
    """Return the parties that changed after a revision."""
    return [_from_row(row) for row in await conn.execute(select(*PARTY_COLUMNS).where(parties.c.revision > revision))]


async def list_versions(conn: AsyncConnection) -> dict[UUID, int]:
    """Return the version of each party."""
    return {row.id: row.version for row in await conn.execute(select(parties.c.id, parties.c.version))}


async def send_again(conn: AsyncConnection, party: Party, destination: str, *, at: datetime) -> UUID:
    """Insert an outbox message with the current version of a party for one service. Return its id."""
    message_id = new_id(at)
    content = json.loads(party.model_dump_json())
    message = {"id": message_id, "destination": destination, "party": content, "due_at": at}
    await conn.execute(insert(outbox_parties).values(**message))
    return message_id


async def has_active_admin(conn: AsyncConnection) -> bool:
    """Return whether an enabled administrator has a credential of the hub that does not expire."""
    found = select(credentials.c.client_id).join(parties, parties.c.id == credentials.c.party_id)
    conditions: Sequence[ColumnElement[bool]] = (
        credentials.c.ended_at.is_(None),
        credentials.c.expires_at.is_(None),
        credentials.c.subject.is_(None),
        ~parties.c.disabled,
        literal(Role.ADMIN) == any_(parties.c.roles),
    )
    return bool((await conn.execute(select(found.where(*conditions).exists()))).scalar_one())


async def list_unsettled_messages(conn: AsyncConnection) -> list[UUID]:
    """Return the ids of the outbox messages about parties and mandates that are not settled."""
    of_parties = select(outbox_parties.c.id).where(outbox_parties.c.settled_at.is_(None))
    of_mandates = select(outbox_mandates.c.id).where(outbox_mandates.c.settled_at.is_(None))
    return list((await conn.execute(of_parties.union_all(of_mandates))).scalars())


async def has_admin(conn: AsyncConnection) -> bool:
    """Return whether any party is an administrator of this hub."""
    found = select(func.count()).where(literal(Role.ADMIN) == any_(parties.c.roles))
    return bool((await conn.execute(found)).scalar_one())


PARTY_COLUMNS = tuple(parties.c[name] for name in Party.model_fields)


def _from_row(row: Row[Any]) -> Party:
    return Party.model_validate(row._asdict())


def _to_row(party: Party) -> dict[str, Any]:
    return party.model_dump(mode="json") | {"id": party.id}


async def _record_version(
    conn: AsyncConnection, party: Party, *, at: datetime, actor_party_id: UUID | None
) -> list[UUID]:
    content = json.loads(party.model_dump_json())
    version = {
        "party_id": party.id,
        "version": party.version,
        "party": content,
        "at": at,
        "actor_party_id": actor_party_id,
    }
    await conn.execute(insert(party_versions).values(**version))
    messages = [{"id": new_id(at), "destination": to, "party": content, "due_at": at} for to in DESTINATIONS]
    await conn.execute(insert(outbox_parties), messages)
    return [message["id"] for message in messages]
