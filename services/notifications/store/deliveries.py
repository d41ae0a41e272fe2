"""Deliveries and their attempts: each event for each endpoint that wants it, and all that was tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import attempts
from shared.database import columns, many

NAMED = """CAST(overlay(overlay(encode(substring(sha256(uuid_send(e.id) || uuid_send(n.id)) FROM 1 FOR 16), 'hex')
                                PLACING '8' FROM 13) PLACING '8' FROM 17) AS uuid)"""
"""The id of the delivery of event `e` to endpoint `n`: UUID version 8 out of the SHA-256 of both (RFC 9562, 5.8)."""

WANTED = """n.event_types && e.forms AND (cardinality(e.topics) IS NOT DISTINCT FROM 0 OR e.topics IS NULL OR (
                 (n.countries IS NULL OR n.countries && e.topics) AND (n.permits IS NULL OR n.permits && e.topics)
                 AND (n.taxa IS NULL OR n.taxa && e.topics)))"""
"""Whether endpoint `n` wants event `e`: by its type, and by each of its filters; news of endpoints passes them all."""

_ATTEMPT = ("delivery_id", "claim", "at", "duration_ms", "status", "reason", "answer")
_RECORD = many(attempts, _ATTEMPT, ending="ON CONFLICT DO NOTHING")
_SETTLE = text("""
    UPDATE deliveries d SET status = g.status, settled_at = :at
    FROM unnest(CAST(:delivery_id AS uuid[]), CAST(:status AS text[])) AS g(delivery_id, status)
    WHERE d.id = g.delivery_id AND d.status = 'pending'
""")
_ADD = text(f"""
    INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
    SELECT {NAMED}, n.id, e.position, e.subject, 'pending', :at
    FROM events e, endpoints n WHERE e.position = ANY(CAST(:positions AS bigint[])) AND n.id = :endpoint
    RETURNING id, subject
""")  # noqa: S608
_MISSED = f"""
    FROM endpoints n JOIN readers r ON r.party_id = n.party_id
         JOIN events e ON e.position = r.position AND e.at >= :since AND e.at <= :until
                       AND (CAST(:types AS text[]) IS NULL OR e.forms && CAST(:types AS text[])) AND {WANTED}
    WHERE n.id = :endpoint AND (NOT CAST(:given_up AS boolean) OR EXISTS (
        SELECT FROM deliveries d WHERE d.endpoint_id = n.id AND d.position = e.position AND d.status = 'given_up'
    ))
"""
_MISSED_SUBJECTS = text(f"SELECT DISTINCT e.subject {_MISSED}")
_REPLAY = text(f"""
    INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
    SELECT {NAMED}, n.id, e.position, e.subject, 'pending', :at
    {_MISSED} AND e.subject = ANY(CAST(:subjects AS text[]))
    ON CONFLICT (id) DO UPDATE SET status = 'pending', settled_at = NULL
""")
_LANE = text("""
    SELECT d.endpoint_id, d.subject FROM deliveries d JOIN endpoints n ON n.id = d.endpoint_id
    WHERE d.id = :id AND n.party_id = :party AND n.status <> 'deleted'
""")
_AGAIN = text("UPDATE deliveries SET status = 'pending', settled_at = NULL WHERE id = :id")


def _listed(which: str) -> TextClause:
    return text(f"""
        SELECT d.id, d.position, d.status, d.created_at, d.settled_at, e.id AS event_id, e.type, e.subject, t.attempts,
               l.due_at, k.acknowledgement
        FROM deliveries d JOIN events e ON e.position = d.position JOIN endpoints n ON n.id = d.endpoint_id
             LEFT JOIN lanes l ON d.status = 'pending' AND l.endpoint_id = d.endpoint_id AND l.subject = d.subject
             LEFT JOIN LATERAL (
                 SELECT jsonb_build_object('outcome', outcome, 'message', message, 'at', at) AS acknowledgement
                 FROM acknowledgements WHERE position = d.position AND party_id = n.party_id
                 ORDER BY at DESC, id DESC LIMIT 1
             ) k ON true
             CROSS JOIN LATERAL (
                 SELECT coalesce(jsonb_agg(to_jsonb(a) - 'delivery_id' - 'claim' ORDER BY a.at), '[]') AS attempts
                 FROM attempts a WHERE a.delivery_id = d.id
             ) t
        WHERE {which} ORDER BY d.position DESC LIMIT :limit
    """)  # noqa: S608


_OF_ENDPOINT = "d.endpoint_id = :endpoint AND d.position < :before"
_LIST = {
    status: _listed(_OF_ENDPOINT + (f" AND d.status = '{status}'" if status else ""))
    for status in ("", "pending", "delivered", "given_up", "dropped")
}
_ONE = _listed("d.id = :id")


async def record(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Write attempts: delivery_id, claim, at, duration_ms, status, reason, answer. Never changed afterwards."""
    await conn.execute(_RECORD, columns(rows, _ATTEMPT))


async def settle(conn: AsyncConnection, rows: Sequence[dict[str, Any]], *, at: datetime) -> None:
    """Say of deliveries (delivery_id, status) that they were delivered or given up; their lanes are held."""
    if rows:
        await conn.execute(_SETTLE, {**columns(rows, ["delivery_id", "status"]), "at": at})


async def add(conn: AsyncConnection, endpoint: UUID, positions: Sequence[int], *, at: datetime) -> list[UUID]:
    """Add deliveries of these events to one endpoint, whatever it listens to; answers their ids."""
    found = await conn.execute(_ADD, {"endpoint": endpoint, "positions": list(positions), "at": at})
    return [row.id for row in found]


@dataclass(frozen=True)
class Span:
    """Which of an endpoint's events: from a moment to another, of some types (None: all), or only those given up."""

    since: datetime
    until: datetime
    types: tuple[str, ...] | None = None
    given_up: bool = False


async def missed(conn: AsyncConnection, endpoint: UUID, span: Span) -> list[str]:
    """Answer the subjects of all of the span that the endpoint's owner may hear and the endpoint listens to."""
    return list((await conn.execute(_MISSED_SUBJECTS, _given(endpoint, span))).scalars())


async def replay(conn: AsyncConnection, endpoint: UUID, subjects: Sequence[str], span: Span, *, at: datetime) -> int:
    """Make pending again, or for the first time, the same about these subjects, whose lanes are held.

    Answers how many. The ids stay the same.
    """
    given = {**_given(endpoint, span), "subjects": list(subjects), "at": at}
    return (await conn.execute(_REPLAY, given)).rowcount


def _given(endpoint: UUID, span: Span) -> dict[str, Any]:
    types = None if span.types is None else list(span.types)
    return {"endpoint": endpoint, "since": span.since, "until": span.until, "types": types, "given_up": span.given_up}


async def lane_of(conn: AsyncConnection, id: UUID, party: UUID) -> RowMapping | None:
    """Answer the lane (endpoint_id, subject) of a delivery of the party's own; None of any other."""
    return (await conn.execute(_LANE, {"id": id, "party": party})).mappings().one_or_none()


async def again(conn: AsyncConnection, id: UUID) -> None:
    """Make one delivery pending again; its lane is held."""
    await conn.execute(_AGAIN, {"id": id})


async def page(
    conn: AsyncConnection, endpoint: UUID, *, status: str | None, before: int, limit: int
) -> Sequence[RowMapping]:
    """Read an endpoint's deliveries with their attempts, newest first, below a position."""
    given = {"endpoint": endpoint, "before": before, "limit": limit}
    return (await conn.execute(_LIST[status or ""], given)).mappings().all()


async def one(conn: AsyncConnection, id: UUID) -> RowMapping:
    """Read one delivery with its attempts."""
    return (await conn.execute(_ONE, {"id": id, "limit": 1})).mappings().one()
