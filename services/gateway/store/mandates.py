"""Mandates in the database: trader, agent, days, acceptance and revocation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.parties import DESTINATIONS
from services.gateway.store.tables import mandates, outbox_mandates
from shared.contracts.messages import MandateCopy
from shared.database import id_in, lowest_id, new_id


@dataclass(frozen=True, kw_only=True)
class CurrentMandates:
    """The numbers of mandates that have not ended: between a trader and an agent, and of each of them."""

    between: int
    of_trader: int
    of_agent: int


async def count_current(conn: AsyncConnection, trader_id: UUID, agent_id: UUID, *, day: date) -> CurrentMandates:
    """Count the mandates of a trader and of an agent that are neither revoked nor past on a day."""
    c = mandates.c
    is_current = (c.revoked_at.is_(None), c.last_day >= day)
    of_trader = select(func.count(), func.count().filter(c.agent_id == agent_id)).where(
        c.trader_id == trader_id, *is_current
    )
    of_agent = select(func.count()).where(c.agent_id == agent_id, *is_current)
    granted, between = (await conn.execute(of_trader)).one()
    received = (await conn.execute(of_agent)).scalar_one()
    return CurrentMandates(between=between, of_trader=granted, of_agent=received)


async def count_granted_since(conn: AsyncConnection, trader_id: UUID, since: datetime) -> int:
    """Count the mandates that a trader granted, revoked ones too. Their ids sort by time."""
    granted = (mandates.c.trader_id == trader_id, mandates.c.id >= lowest_id(since))
    return int((await conn.execute(select(func.count()).where(*granted))).scalar_one())


async def add(conn: AsyncConnection, values: dict[str, Any], *, revision: int) -> None:
    """Insert a mandate."""
    await conn.execute(insert(mandates).values(**values, revision=revision))


async def revoke(conn: AsyncConnection, mandate_id: UUID, *, revoked_by: UUID, at: datetime, revision: int) -> None:
    """Revoke an active mandate. A revoked one keeps its first revocation."""
    is_current = (mandates.c.id == mandate_id, mandates.c.revoked_at.is_(None))
    await conn.execute(
        update(mandates).where(*is_current).values(revoked_at=at, revoked_by=revoked_by, revision=revision)
    )


async def accept(conn: AsyncConnection, mandate_id: UUID, *, at: datetime, revision: int) -> None:
    """Accept an offered mandate. An accepted one keeps its first acceptance."""
    is_offered = (mandates.c.id == mandate_id, mandates.c.accepted_at.is_(None))
    await conn.execute(update(mandates).where(*is_offered).values(accepted_at=at, revision=revision))


async def accept_between(
    conn: AsyncConnection, trader_id: UUID, agent_id: UUID, *, at: datetime, revision: int
) -> None:
    """Accept the offered mandates of a trader for an agent that are valid on the day of `at`."""
    c, day = mandates.c, at.date()
    is_between = (c.trader_id == trader_id, c.agent_id == agent_id, c.first_day <= day, c.last_day >= day)
    is_offered = (c.accepted_at.is_(None), c.revoked_at.is_(None))
    await conn.execute(update(mandates).where(*is_between, *is_offered).values(accepted_at=at, revision=revision))


async def add_messages(conn: AsyncConnection, revision: int, *, at: datetime) -> list[UUID]:
    """Insert the outbox messages about the mandates that a revision changed. Return their ids."""
    rows = (await conn.execute(select(mandates).where(mandates.c.revision == revision))).mappings().all()
    return await send(conn, [(_make_copy(row), to) for row in rows for to in DESTINATIONS], at=at)


async def send(conn: AsyncConnection, copies: Sequence[tuple[MandateCopy, str]], *, at: datetime) -> list[UUID]:
    """Insert an outbox message for each copy and the service that it goes to. Return the ids of the messages."""
    messages: list[dict[str, Any]] = [
        {"id": new_id(at), "destination": to, "mandate": copy.model_dump(mode="json"), "due_at": at}
        for copy, to in copies
    ]
    if messages:
        await conn.execute(insert(outbox_mandates), messages)
    return [message["id"] for message in messages]


def _make_copy(row: RowMapping) -> MandateCopy:
    return MandateCopy(
        id=row["id"],
        trader=row["trader_id"],
        agent=row["agent_id"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        active=row["accepted_at"] is not None and row["revoked_at"] is None,
        revision=row["revision"],
    )


async def list_copies(conn: AsyncConnection, day: date) -> dict[UUID, MandateCopy]:
    """Return the mandates whose last day is this day or later, as the other services store them."""
    rows = (await conn.execute(select(mandates).where(mandates.c.last_day >= day))).mappings()
    return {row["id"]: _make_copy(row) for row in rows}


async def list_existing(conn: AsyncConnection, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these mandates the gateway stores."""
    return set((await conn.execute(select(mandates.c.id).where(id_in(mandates.c.id, ids)))).scalars())


async def raise_revision(conn: AsyncConnection, ids: Collection[UUID], *, revision: int) -> None:
    """Write a new revision of mandates. Their content stays as it is."""
    await conn.execute(update(mandates).where(id_in(mandates.c.id, ids)).values(revision=revision))


async def revoke_again(conn: AsyncConnection, ids: Collection[UUID], *, at: datetime, revision: int) -> None:
    """Revoke mandates whose revocation the gateway lost. It no longer knows by whom."""
    is_lost = (id_in(mandates.c.id, ids), mandates.c.revoked_at.is_(None))
    await conn.execute(update(mandates).where(*is_lost).values(revoked_at=at, revision=revision))


async def find(conn: AsyncConnection, mandate_id: UUID, *, party_id: UUID | None) -> RowMapping | None:
    """Return a mandate that a party granted or received, or any mandate if `party_id` is None."""
    found = select(mandates).where(mandates.c.id == mandate_id, *_visible_to(party_id))
    return (await conn.execute(found)).mappings().one_or_none()


async def list_page(
    conn: AsyncConnection, *, party_id: UUID | None, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return up to `limit` mandates older than `before`, newest first: granted or received by a party, or all."""
    older = [] if before is None else [mandates.c.id < before]
    found = select(mandates).where(*_visible_to(party_id), *older).order_by(mandates.c.id.desc()).limit(limit)
    return (await conn.execute(found)).mappings().all()


async def list_changed_since(conn: AsyncConnection, revision: int) -> Sequence[RowMapping]:
    """Return the mandates that changed after a revision."""
    return (await conn.execute(select(mandates).where(mandates.c.revision > revision))).mappings().all()


def _visible_to(party_id: UUID | None) -> list[Any]:
    return [] if party_id is None else [or_(mandates.c.trader_id == party_id, mandates.c.agent_id == party_id)]
