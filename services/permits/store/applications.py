"""Applications as they are read, locked and written, each for its applicant and for the authority that is asked."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.lifecycle import ApplicationStatus
from services.permits.domain.values import ApplicationChange, ApplicationOnFile
from services.permits.store import tables as t
from services.permits.store.from_row import Row, grouped
from shared.contracts.application import Application
from shared.contracts.fields import KEPT
from shared.contracts.parties import Party
from shared.database import among

APPLICATION_CHANGES = ("status", "decided_at", "permit_id", "assessment", "sequence", "version")
APPLICATION = (
    "id",
    "party_id",
    "trader_id",
    "issuer",
    "kind",
    "reference",
    "document",
    "submitted_at",
    *APPLICATION_CHANGES,
)


def readable_by(party: Party) -> ColumnElement[bool]:
    """Say which applications a party reads: its own, and an authority those made to its country."""
    return or_(made_by(party), asked_of(party)) if "authority" in party.roles else made_by(party)


def made_by(party: Party) -> ColumnElement[bool]:
    """Say which applications are a trader's own, or were made by it for another."""
    return or_(t.applications.c.trader_id == party.id, t.applications.c.party_id == party.id)


def asked_of(party: Party) -> ColumnElement[bool]:
    """Say which applications are an authority's to decide."""
    return t.applications.c.issuer == party.country


async def find(conn: AsyncConnection, id: UUID, which: ColumnElement[bool]) -> ApplicationOnFile | None:
    """Read an application that is among those meant."""
    rows = await conn.execute(select(t.applications).where(t.applications.c.id == id, which))
    return _first(rows.mappings().all())


async def lock(conn: AsyncConnection, id: UUID, which: ColumnElement[bool]) -> ApplicationOnFile | None:
    """Lock an application that is among those meant; before any permit."""
    query = select(t.applications).where(t.applications.c.id == id, which).with_for_update(key_share=True)
    return _first((await conn.execute(query)).mappings().all())


def _first(rows: Sequence[Row]) -> ApplicationOnFile | None:
    return _of(rows[0]) if rows else None


def _of(row: Row) -> ApplicationOnFile:
    return ApplicationOnFile(
        id=row["id"],
        party=row["party_id"],
        trader=row["trader_id"],
        document=Application.model_validate(row["document"], context=KEPT),
        status=ApplicationStatus(row["status"]),
        submitted_at=row["submitted_at"],
        decided_at=row["decided_at"],
        permit=row["permit_id"],
        assessment=row["assessment"],
        sequence=row["sequence"],
        version=row["version"],
    )


async def search(
    conn: AsyncConnection, party: Party, filters: dict[str, str], *, limit: int, before: UUID | None
) -> list[ApplicationOnFile]:
    """List applications that this party reads, newest first."""
    c = t.applications.c
    query = select(t.applications).where(readable_by(party)).order_by(c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(c.id < before)
    return [_of(row) for row in (await conn.execute(_filtered(query, filters))).mappings()]


def _filtered(query: Select[Any], filters: dict[str, str]) -> Select[Any]:
    c = t.applications.c
    for name, value in filters.items():
        match name:
            case "from":
                query = query.where(c.submitted_at >= _midnight(value))
            case "to":
                query = query.where(c.submitted_at < _midnight(value) + timedelta(days=1))
            case "taxon":
                query = query.where(c.document["lines"].contains([{"taxon": value}]))
            case "applicant":
                query = query.where(c.trader_id == UUID(value))
            case _:
                query = query.where(c[name] == value)
    return query


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


async def histories(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """Read what became of applications, oldest first."""
    c = t.application_history.c
    query = select(t.application_history).where(among(c.application_id, list(ids))).order_by(c.sequence)
    return grouped(await conn.execute(query), "application_id")


def application_row(change: ApplicationChange) -> dict[str, Any]:
    """Write an application as its row."""
    one = change.application
    return {
        "id": one.id,
        "party_id": one.party,
        "trader_id": one.trader,
        "issuer": one.document.asked,
        "kind": one.document.kind,
        "status": one.status.value,
        "reference": one.document.reference,
        "document": one.document.model_dump_json(exclude_none=True),
        "submitted_at": one.submitted_at,
        "decided_at": one.decided_at,
        "permit_id": one.permit,
        "assessment": json.dumps(one.assessment) if one.assessment else None,
        "sequence": one.sequence + len(change.moves),
        "version": one.version + (1 if one.sequence else 0),
    }
