"""Webhook endpoints and their secrets. Every query that loads an endpoint checks its owner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, func, insert, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.endpoint import Endpoint
from services.notifications.store.tables import (
    ENDPOINT_IS_KEPT,
    ENDPOINT_IS_SENT_TO,
    endpoint_secrets,
    endpoints,
    parties,
    rate_limits,
)
from shared.database import lowest_id

_COLUMNS = [column for column in endpoints.c if column.name not in {"party_id", "countries", "permits", "taxa"}]
_RETURNED = [*_COLUMNS, null().label("cooldown_until")]
_cooldown_until = rate_limits.c.cooldown_until
_COOLDOWN_UNTIL = case((_cooldown_until > func.now(), _cooldown_until)).label("cooldown_until")
_SELECT = select(*_COLUMNS, _COOLDOWN_UNTIL).join(
    rate_limits, rate_limits.c.endpoint_id == endpoints.c.id, isouter=True
)


async def lock_party(conn: AsyncConnection, party_id: UUID) -> None:
    """Lock a party until the transaction ends, so that it creates one endpoint at a time."""
    await conn.execute(select(parties.c.id).where(parties.c.id == party_id).with_for_update(key_share=True))


async def count_owned(conn: AsyncConnection, party_id: UUID) -> int:
    """Count the endpoints of a party that are not deleted."""
    query = select(func.count()).select_from(endpoints).where(endpoints.c.party_id == party_id, ENDPOINT_IS_KEPT)
    return int((await conn.execute(query)).scalar_one())


async def count_created_since(conn: AsyncConnection, party_id: UUID, since: datetime) -> int:
    """Count the endpoints that a party created, deleted ones too. Their ids sort by time, so an index finds them."""
    is_recent = (endpoints.c.id >= lowest_id(since), endpoints.c.party_id == party_id)
    query = select(func.count()).select_from(endpoints).where(*is_recent)
    return int((await conn.execute(query)).scalar_one())


async def insert_endpoint(conn: AsyncConnection, values: Mapping[str, Any]) -> Endpoint:
    """Insert and return a new endpoint. `values` has all columns except the version, which is 1."""
    inserted = insert(endpoints).values(version=1, **values).returning(*_RETURNED)
    return _from_row((await conn.execute(inserted)).one())


async def insert_secret(conn: AsyncConnection, endpoint_id: UUID, secret: str, *, at: datetime) -> None:
    """Insert a sealed secret of an endpoint. It signs from now on."""
    await conn.execute(insert(endpoint_secrets).values(endpoint_id=endpoint_id, secret=secret, created_at=at))


async def end_secrets(conn: AsyncConnection, endpoint_id: UUID, *, ends_at: datetime) -> None:
    """Set the end of the secrets that have none yet."""
    s = endpoint_secrets.c
    in_use = (s.endpoint_id == endpoint_id, s.ends_at.is_(None))
    await conn.execute(update(endpoint_secrets).where(*in_use).values(ends_at=ends_at))


async def count_live_secrets(conn: AsyncConnection, endpoint_id: UUID, *, at: datetime) -> int:
    """Count the secrets that sign now."""
    s = endpoint_secrets.c
    is_live = or_(s.ends_at.is_(None), s.ends_at > at)
    query = select(func.count()).select_from(endpoint_secrets).where(s.endpoint_id == endpoint_id, is_live)
    return int((await conn.execute(query)).scalar_one())


async def find_owned(conn: AsyncConnection, endpoint_id: UUID, party_id: UUID) -> Endpoint | None:
    """Return an endpoint of the party with its cooldown; None if it is deleted or belongs to another party."""
    return await _find(conn, _select_owned(endpoint_id, party_id))


async def lock_owned(conn: AsyncConnection, endpoint_id: UUID, party_id: UUID) -> Endpoint | None:
    """Return the same, locked until the transaction ends. Other transactions may still add deliveries to it."""
    return await _find(conn, _select_owned(endpoint_id, party_id).with_for_update(key_share=True, of=endpoints))


async def list_owned(conn: AsyncConnection, party_id: UUID, *, before: UUID | None, limit: int) -> list[Endpoint]:
    """Return a party's endpoints below an id, newest first (ids sort by time)."""
    query = _SELECT.where(endpoints.c.party_id == party_id, ENDPOINT_IS_KEPT)
    if before is not None:
        query = query.where(endpoints.c.id < before)
    return [_from_row(row) for row in await conn.execute(query.order_by(endpoints.c.id.desc()).limit(limit))]


async def update_endpoint(conn: AsyncConnection, endpoint_id: UUID, values: Mapping[str, Any]) -> Endpoint:
    """Update an endpoint and increase its version. Return it without its cooldown."""
    changed = (
        update(endpoints)
        .where(endpoints.c.id == endpoint_id)
        .values(version=endpoints.c.version + 1, **values)
        .returning(*_RETURNED)
    )
    return _from_row((await conn.execute(changed)).one())


async def disable(conn: AsyncConnection, endpoint_id: UUID, url: str, *, reason: str) -> UUID | None:
    """Disable an endpoint if it is active or pending and has this URL. Return its party, else None."""
    c = endpoints.c
    disabled = (
        update(endpoints)
        .where(c.id == endpoint_id, c.url == url, ENDPOINT_IS_SENT_TO)
        .values(status="disabled", reason=reason, version=c.version + 1)
        .returning(c.party_id)
    )
    party_id: UUID | None = (await conn.execute(disabled)).scalar_one_or_none()
    return party_id


async def mark_verified(conn: AsyncConnection, endpoint_id: UUID, url: str) -> None:
    """Record that an endpoint met its challenge at this URL. From now on the hub sends its events."""
    c = endpoints.c
    status = case((c.status == "pending", "active"), else_=c.status)
    await conn.execute(
        update(endpoints)
        .where(c.id == endpoint_id, c.url == url, c.verified.is_(False), ENDPOINT_IS_KEPT)
        .values(verified=True, status=status, version=c.version + 1)
    )


def _select_owned(endpoint_id: UUID, party_id: UUID) -> Select[Any]:
    return _SELECT.where(endpoints.c.id == endpoint_id, endpoints.c.party_id == party_id, ENDPOINT_IS_KEPT)


async def _find(conn: AsyncConnection, query: Select[Any]) -> Endpoint | None:
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else _from_row(row)


def _from_row(row: Row[*tuple[Any, ...]]) -> Endpoint:
    return Endpoint(
        id=row.id,
        url=row.url,
        event_types=tuple(row.event_types),
        description=row.description,
        filters=row.filters,
        headers=row.headers,
        rate_limit=row.rate_limit,
        format=row.format,
        status=row.status,
        reason=row.reason,
        verified=row.verified,
        verify=row.verify,
        created_at=row.created_at,
        version=row.version,
        cooldown_until=row.cooldown_until,
    )
