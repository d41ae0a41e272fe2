"""Webhook endpoints and their secrets; ownership is part of every query that loads one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, case, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import endpoint_secrets, endpoints, rate_limits

_COLUMNS = [column for column in endpoints.c if column.name != "party_id"]
_cooldown_until = rate_limits.c.cooldown_until
_COOLDOWN_UNTIL = case((_cooldown_until > func.now(), _cooldown_until)).label("cooldown_until")
_SELECT = select(*_COLUMNS, _COOLDOWN_UNTIL).join(
    rate_limits, rate_limits.c.endpoint_id == endpoints.c.id, isouter=True
)
_END_SECRETS = text("""
    UPDATE endpoint_secrets SET ends_at = :ends_at WHERE endpoint_id = :endpoint AND ends_at IS NULL
""")
_LIVE_SECRETS = text("""
    SELECT count(*) FROM endpoint_secrets WHERE endpoint_id = :endpoint AND (ends_at IS NULL OR ends_at > :at)
""")
_DISABLE = text("""
    UPDATE endpoints SET status = 'disabled', reason = :reason, version = version + 1
    WHERE id = :id AND url = :url AND status IN ('active', 'pending') RETURNING party_id
""")
_MARK_VERIFIED = text("""
    UPDATE endpoints SET verified = true, status = CASE status WHEN 'pending' THEN 'active' ELSE status END,
        version = version + 1
    WHERE id = :id AND url = :url AND NOT verified AND status <> 'deleted'
""")
_INSERT_RATE_LIMIT = text("INSERT INTO rate_limits (endpoint_id) VALUES (:id) ON CONFLICT DO NOTHING")
_END_FAILURE_STREAK = text("DELETE FROM failure_streaks WHERE endpoint_id = :id")
_PLAIN_SECRETS = text("SELECT endpoint_id, secret FROM endpoint_secrets WHERE secret NOT LIKE 'sealed:%' FOR UPDATE")
_REPLACE_SECRET = text("UPDATE endpoint_secrets SET secret = :sealed WHERE endpoint_id = :id AND secret = :plain")


async def insert_endpoint(conn: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Write a new endpoint: all its columns, save the version, which is its first."""
    await conn.execute(insert(endpoints).values(version=1, **row))


async def insert_secret(conn: AsyncConnection, endpoint_id: UUID, secret: str, *, at: datetime) -> None:
    """Give an endpoint a secret, sealed, that signs from now on."""
    await conn.execute(insert(endpoint_secrets).values(endpoint_id=endpoint_id, secret=secret, created_at=at))


async def end_secrets(conn: AsyncConnection, endpoint_id: UUID, *, ends_at: datetime) -> None:
    """Let the secrets in use sign until then and no longer."""
    await conn.execute(_END_SECRETS, {"endpoint": endpoint_id, "ends_at": ends_at})


async def count_live_secrets(conn: AsyncConnection, endpoint_id: UUID, *, at: datetime) -> int:
    """Count the secrets that sign now."""
    return int((await conn.execute(_LIVE_SECRETS, {"endpoint": endpoint_id, "at": at})).scalar_one())


async def find_owned(conn: AsyncConnection, endpoint_id: UUID, party_id: UUID) -> RowMapping | None:
    """Read an endpoint of the party's own, and until when it rests; what is foreign or deleted is not there."""
    return (await conn.execute(_select_owned(endpoint_id, party_id))).mappings().one_or_none()


async def lock_owned(conn: AsyncConnection, endpoint_id: UUID, party_id: UUID) -> RowMapping | None:
    """Read an endpoint of the party's own and hold it until the transaction ends; letters to it may be added."""
    return (
        (await conn.execute(_select_owned(endpoint_id, party_id).with_for_update(key_share=True, of=endpoints)))
        .mappings()
        .one_or_none()
    )


async def list_owned(conn: AsyncConnection, party_id: UUID, *, before: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Read a party's endpoints, newest first (their ids sort by time), below an id."""
    query = _SELECT.where(endpoints.c.party_id == party_id, endpoints.c.status != "deleted")
    if before is not None:
        query = query.where(endpoints.c.id < before)
    return (await conn.execute(query.order_by(endpoints.c.id.desc()).limit(limit))).mappings().all()


async def update_endpoint(conn: AsyncConnection, endpoint_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """Change an endpoint and count its version; answers it as it is now."""
    changed = (
        update(endpoints)
        .where(endpoints.c.id == endpoint_id)
        .values(version=endpoints.c.version + 1, **values)
        .returning(*_COLUMNS)
    )
    return (await conn.execute(changed)).mappings().one()


async def disable(conn: AsyncConnection, endpoint_id: UUID, url: str, *, reason: str) -> UUID | None:
    """Disable an endpoint that is sent to and has this URL; answers its party, None when there is none any more."""
    party_id: UUID | None = (
        await conn.execute(_DISABLE, {"id": endpoint_id, "url": url, "reason": reason})
    ).scalar_one_or_none()
    return party_id


async def mark_verified(conn: AsyncConnection, endpoint_id: UUID, url: str) -> None:
    """Note that an endpoint answered its challenge at this URL: from now on it hears what waits for it."""
    await conn.execute(_MARK_VERIFIED, {"id": endpoint_id, "url": url})


async def ensure_rate_limit(conn: AsyncConnection, endpoint_id: UUID) -> None:
    """Write the row that the rate limit of an endpoint needs, if it is missing."""
    await conn.execute(_INSERT_RATE_LIMIT, {"id": endpoint_id})


async def end_failure_streak(conn: AsyncConnection, endpoint_id: UUID) -> None:
    """Let an endpoint begin anew: whatever failed before its owner enabled it counts no more."""
    await conn.execute(_END_FAILURE_STREAK, {"id": endpoint_id})


async def lock_plain_secrets(conn: AsyncConnection) -> Sequence[RowMapping]:
    """Read and hold the secrets that were written before they were sealed: endpoint_id, secret."""
    return (await conn.execute(_PLAIN_SECRETS)).mappings().all()


async def replace_secret(conn: AsyncConnection, endpoint_id: UUID, plaintext: str, sealed: str) -> None:
    """Replace a secret by itself, sealed."""
    await conn.execute(_REPLACE_SECRET, {"id": endpoint_id, "plain": plaintext, "sealed": sealed})


def _select_owned(endpoint_id: UUID, party_id: UUID) -> Any:
    return _SELECT.where(
        endpoints.c.id == endpoint_id, endpoints.c.party_id == party_id, endpoints.c.status != "deleted"
    )
