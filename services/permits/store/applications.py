"""Find, lock, search and write applications, for the applicant and for the authority that decides."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.change_sets import ApplicationChange
from services.permits.store import mandates
from services.permits.store import tables as t
from services.permits.store.from_row import Row, group_by_id
from shared.contracts.application import Application
from shared.contracts.closed_sets import ApplicationStatus, Role
from shared.contracts.comparison import comparison_key
from shared.contracts.fields import STORED_CONTEXT
from shared.contracts.parties import Party
from shared.database import id_in

APPLICATION_CHANGED_COLUMNS = ("status", "decided_at", "permit_id", "assessment", "sequence", "version")
APPLICATION_COLUMNS = (
    "id",
    "party_id",
    "trader_id",
    "issuer",
    "kind",
    "reference",
    "reference_key",
    "content",
    "submitted_at",
    *APPLICATION_CHANGED_COLUMNS,
)


async def lock_applicant(conn: AsyncConnection, trader_id: UUID) -> None:
    """Wait until no other transaction submits an application of a trader."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"applications/{trader_id}", 0))))


async def count_open(conn: AsyncConnection, trader_id: UUID) -> int:
    """Count the applications of a trader that wait for a decision or for an answer."""
    c = t.applications.c
    query = select(func.count()).where(c.trader_id == trader_id, t.APPLICATION_IS_OPEN)
    return int((await conn.execute(query)).scalar_one())


def readable_by(party: Party) -> ColumnElement[bool]:
    """Return the condition on applications that a party may read: its own, and those to an authority's country.

    An agent reads what it submitted for the traders that it represents today.
    """
    c = t.applications.c
    submitted = and_(c.party_id == party.id, c.trader_id.in_(mandates.represented_traders(party.id)))
    mine = or_(c.trader_id == party.id, submitted)
    return or_(mine, decided_by(party)) if Role.AUTHORITY in party.roles else mine


def submitted_by(party: Party) -> ColumnElement[bool]:
    """Return the condition on applications that a party submitted, for itself or for a trader that it represents."""
    return or_(t.applications.c.trader_id == party.id, t.applications.c.party_id == party.id)


def decided_by(party: Party) -> ColumnElement[bool]:
    """Return the condition on applications that an authority decides: those to its country."""
    return t.applications.c.issuer == party.country


async def find(conn: AsyncConnection, application_id: UUID, condition: ColumnElement[bool]) -> ApplicationRecord | None:
    """Return an application if it meets a condition, else None."""
    rows = await conn.execute(select(t.applications).where(t.applications.c.id == application_id, condition))
    return _first_record(rows.mappings().all())


async def lock(conn: AsyncConnection, application_id: UUID, condition: ColumnElement[bool]) -> ApplicationRecord | None:
    """Lock and return an application if it meets a condition, else None. Lock it before any permit."""
    query = (
        select(t.applications).where(t.applications.c.id == application_id, condition).with_for_update(key_share=True)
    )
    return _first_record((await conn.execute(query)).mappings().all())


def _first_record(rows: Sequence[Row]) -> ApplicationRecord | None:
    return _from_row(rows[0]) if rows else None


def _from_row(row: Row) -> ApplicationRecord:
    return ApplicationRecord(
        id=row["id"],
        party=row["party_id"],
        trader=row["trader_id"],
        content=Application.model_validate(row["content"], context=STORED_CONTEXT),
        status=ApplicationStatus(row["status"]),
        submitted_at=row["submitted_at"],
        decided_at=row["decided_at"],
        permit=row["permit_id"],
        assessment=row["assessment"],
        sequence=row["sequence"],
        version=row["version"],
    )


async def list_sizes(
    conn: AsyncConnection, party: Party, filters: dict[str, str], *, limit: int, before: UUID | None
) -> Sequence[Row]:
    """List the ids of applications that this party may read, newest first, each with the bytes of its content."""
    c = t.applications.c
    size = func.pg_column_size(c.content).label("stored_bytes")
    query = select(c.id, size).where(readable_by(party)).order_by(c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(c.id < before)
    rows: Sequence[Row] = (await conn.execute(_filtered(query, filters))).mappings().all()
    return rows


async def read_many(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, ApplicationRecord]:
    """Return applications by id."""
    query = select(t.applications).where(id_in(t.applications.c.id, list(ids)))
    return {row["id"]: _from_row(row) for row in (await conn.execute(query)).mappings()}


def _filtered(query: Select[Any], filters: dict[str, str]) -> Select[Any]:
    c = t.applications.c
    for name, value in filters.items():
        match name:
            case "from":
                query = query.where(c.submitted_at >= _midnight(value))
            case "to":
                query = query.where(c.submitted_at < _midnight(value) + timedelta(days=1))
            case "reference":
                query = query.where(c.reference_key == comparison_key(value))
            case "taxon":
                query = query.where(c.content["lines"].contains([{"taxon": value}]))
            case "applicant":
                query = query.where(c.trader_id == UUID(value))
            case _:
                query = query.where(c[name] == value)
    return query


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


async def histories(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """Return the history of applications by id, oldest first."""
    c = t.application_history.c
    query = select(t.application_history).where(id_in(c.application_id, list(ids))).order_by(c.sequence)
    return group_by_id(await conn.execute(query), "application_id")


def application_row(change: ApplicationChange) -> dict[str, Any]:
    """Return an application as its row."""
    application = change.application
    return {
        "id": application.id,
        "party_id": application.party,
        "trader_id": application.trader,
        "issuer": application.content.authority_country,
        "kind": application.content.kind,
        "status": application.status.value,
        "reference": application.content.reference,
        "reference_key": application.content.reference and comparison_key(application.content.reference),
        "content": application.content.model_dump_json(exclude_none=True),
        "submitted_at": application.submitted_at,
        "decided_at": application.decided_at,
        "permit_id": application.permit,
        "assessment": json.dumps(application.assessment) if application.assessment else None,
        "sequence": application.sequence + len(change.events),
        "version": application.version + (1 if application.sequence else 0),
    }
