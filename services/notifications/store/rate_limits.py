"""Rate limits of endpoints over all workers, and the cooldowns that receivers asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import ENDPOINT_IS_SENT_TO, delivery_queues, endpoints, rate_limits
from shared.database import bulk_update

MAX_COOLDOWN = timedelta(hours=1)
"""The longest cooldown of a whole endpoint. A single delivery may wait longer if its receiver asked for that."""

_LOCK_DUE = (
    select(rate_limits.c.endpoint_id, rate_limits.c.next_send_at, endpoints.c.rate_limit)
    .join(endpoints, endpoints.c.id == rate_limits.c.endpoint_id)
    .where(
        endpoints.c.rate_limit.is_not(None),
        ENDPOINT_IS_SENT_TO,
        exists().where(delivery_queues.c.endpoint_id == endpoints.c.id, delivery_queues.c.due_at <= bindparam("at")),
    )
    .with_for_update(of=rate_limits, skip_locked=True)
)
_SET_NEXT_SEND = bulk_update(rate_limits, ("endpoint_id",), ("next_send_at",))


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """An endpoint's deliveries per second, and when the next may be sent (None: none was sent yet)."""

    rate: int
    next_send_at: datetime | None


async def lock_due(conn: AsyncConnection, *, at: datetime) -> dict[UUID, RateLimit]:
    """Lock and return the rate limits of endpoints that have a due queue.

    It skips a rate limit that another worker has locked: that worker may send now.
    """
    rows = await conn.execute(_LOCK_DUE, {"at": at})
    return {row.endpoint_id: RateLimit(rate=row.rate_limit, next_send_at=row.next_send_at) for row in rows}


async def set_next_send(conn: AsyncConnection, next_send_at: Mapping[UUID, datetime]) -> None:
    """Write when the next delivery to each of these endpoints may be sent. The caller has locked the rate limits."""
    if next_send_at:
        given = {"endpoint_id": list(next_send_at), "next_send_at": list(next_send_at.values())}
        await conn.execute(_SET_NEXT_SEND, given)


async def ensure_rate_limit(conn: AsyncConnection, endpoint_id: UUID) -> None:
    """Insert the row that the rate limit of an endpoint needs, if it is missing."""
    await conn.execute(insert(rate_limits).values(endpoint_id=endpoint_id).on_conflict_do_nothing())


async def start_cooldown(conn: AsyncConnection, endpoint_id: UUID, *, until: datetime) -> None:
    """Start a cooldown of an endpoint: the hub sends it nothing until `until`."""
    started = insert(rate_limits).values(endpoint_id=endpoint_id, cooldown_until=until)
    await conn.execute(
        started.on_conflict_do_update(
            index_elements=[rate_limits.c.endpoint_id], set_={"cooldown_until": started.excluded.cooldown_until}
        )
    )


async def end_cooldown(conn: AsyncConnection, endpoint_id: UUID) -> None:
    """End an endpoint's cooldown."""
    c = rate_limits.c
    await conn.execute(update(rate_limits).where(c.endpoint_id == endpoint_id).values(cooldown_until=None))
