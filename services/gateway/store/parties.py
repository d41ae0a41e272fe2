"""Parties in the database: each change raises the people's revision, keeps a version and puts the letters."""

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
    parties,
    party_identifiers,
    party_letters,
    party_versions,
    people_revision,
)
from shared.contracts.parties import Party
from shared.database import new_id

DESTINATIONS = ("permits", "notifications")


async def revise(conn: AsyncConnection) -> int:
    """Answer the next revision; until the transaction ends no other change of people can go on."""
    raised = (
        update(people_revision).values(revision=people_revision.c.revision + 1).returning(people_revision.c.revision)
    )
    return int((await conn.execute(raised)).scalar_one())


async def revision(conn: AsyncConnection) -> int:
    """Answer the revision of the last committed change."""
    return int((await conn.execute(select(people_revision.c.revision))).scalar_one())


async def add(conn: AsyncConnection, party: Party, *, revision: int, at: datetime, by: UUID | None) -> list[UUID]:
    """Write a new party, its version and its letters; answers the letters' ids."""
    await conn.execute(insert(parties).values(**_values(party), revision=revision))
    return await _record(conn, party, at=at, by=by)


async def change(conn: AsyncConnection, party: Party, *, revision: int, at: datetime, by: UUID) -> list[UUID]:
    """Write a party's next version and its letters; answers the letters' ids."""
    await conn.execute(update(parties).where(parties.c.id == party.id).values(**_values(party), revision=revision))
    return await _record(conn, party, at=at, by=by)


async def claim(conn: AsyncConnection, party: Party) -> list[str]:
    """Give the party exactly its numbers; answers those that are another's (then nothing may be committed)."""
    numbers = sorted(party.numbers)
    mine = party_identifiers.c.party_id == party.id
    await conn.execute(delete(party_identifiers).where(mine))
    if not numbers:
        return []
    wanted = put_in(party_identifiers).values([{"value": number, "party_id": party.id} for number in numbers])
    taken = await conn.execute(wanted.on_conflict_do_nothing().returning(party_identifiers.c.value))
    return sorted(set(numbers) - set(taken.scalars()))


async def find(conn: AsyncConnection, id: UUID) -> Party | None:
    """Read one party."""
    row = (await conn.execute(select(*PARTY).where(parties.c.id == id))).one_or_none()
    return None if row is None else _party(row)


async def page(conn: AsyncConnection, *, before: UUID | None, limit: int) -> list[Party]:
    """Read up to `limit` parties, newest first, those made before one."""
    older = [] if before is None else [parties.c.id < before]
    found = await conn.execute(select(*PARTY).where(*older).order_by(parties.c.id.desc()).limit(limit))
    return [_party(row) for row in found]


async def changed_since(conn: AsyncConnection, revision: int) -> list[Party]:
    """Read the parties whose last change is later than a revision."""
    return [_party(row) for row in await conn.execute(select(*PARTY).where(parties.c.revision > revision))]


async def an_admin_can_enter(conn: AsyncConnection) -> bool:
    """Say whether an enabled admin is left with a credential that does not end by itself or by another issuer."""
    found = select(credentials.c.client_id).join(parties, parties.c.id == credentials.c.party_id)
    lives: Sequence[ColumnElement[bool]] = (
        credentials.c.ended_at.is_(None),
        credentials.c.expires_at.is_(None),
        credentials.c.subject.is_(None),
        ~parties.c.disabled,
        literal("admin") == any_(parties.c.roles),
    )
    return bool((await conn.execute(select(found.where(*lives).exists()))).scalar_one())


async def waiting(conn: AsyncConnection) -> list[UUID]:
    """Answer the ids of the letters about parties that were not delivered yet."""
    return list((await conn.execute(select(party_letters.c.id).where(party_letters.c.settled_at.is_(None)))).scalars())


async def there_is_an_admin(conn: AsyncConnection) -> bool:
    """Say whether any party was ever made an admin of this hub and still is."""
    found = select(func.count()).where(literal("admin") == any_(parties.c.roles))
    return bool((await conn.execute(found)).scalar_one())


PARTY = tuple(parties.c[name] for name in Party.model_fields)


def _party(row: Row[Any]) -> Party:
    return Party.model_validate(row._asdict())


def _values(party: Party) -> dict[str, Any]:
    return party.model_dump(mode="json") | {"id": party.id}


async def _record(conn: AsyncConnection, party: Party, *, at: datetime, by: UUID | None) -> list[UUID]:
    said = json.loads(party.model_dump_json())
    version = {"party_id": party.id, "version": party.version, "party": said, "at": at, "by_party": by}
    await conn.execute(insert(party_versions).values(**version))
    letters = [{"id": new_id(at), "destination": to, "party": said, "due_at": at} for to in DESTINATIONS]
    await conn.execute(insert(party_letters), letters)
    return [letter["id"] for letter in letters]
