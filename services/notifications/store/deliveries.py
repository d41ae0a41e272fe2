"""Deliveries and their attempts: each event for each endpoint that wants it, and all that was tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import attempts
from shared.database import bulk_insert, column_arrays

DELIVERY_ID_SQL = """
    CAST(overlay(overlay(encode(substring(sha256(uuid_send(e.id) || uuid_send(n.id)) FROM 1 FOR 16), 'hex')
                         PLACING '8' FROM 13) PLACING '8' FROM 17) AS uuid)"""
"""The id of the delivery of event `e` to endpoint `n`: UUID version 8 out of the SHA-256 of both (RFC 9562, 5.8)."""

ENDPOINT_WANTS_EVENT_SQL = """
    n.event_types && e.matching_patterns AND (
             cardinality(e.filter_keys) IS NOT DISTINCT FROM 0 OR e.filter_keys IS NULL OR (
                 (n.countries IS NULL OR n.countries && e.filter_keys)
                 AND (n.permits IS NULL OR n.permits && e.filter_keys)
                 AND (n.taxa IS NULL OR n.taxa && e.filter_keys)))"""
"""Whether endpoint `n` wants event `e`: by its type, and by each of its filters; news of endpoints passes them all."""

_ATTEMPT_COLUMNS = ("delivery_id", "claim", "at", "duration_ms", "status", "reason", "answer")
_INSERT_ATTEMPTS = bulk_insert(attempts, _ATTEMPT_COLUMNS, suffix="ON CONFLICT DO NOTHING")
_SETTLE = text("""
    UPDATE deliveries d SET status = g.status, settled_at = :at
    FROM unnest(CAST(:delivery_id AS uuid[]), CAST(:status AS text[])) AS g(delivery_id, status)
    WHERE d.id = g.delivery_id AND d.status = 'pending'
""")
_INSERT_FOR_ENDPOINT = text(f"""
    INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
    SELECT {DELIVERY_ID_SQL}, n.id, e.position, e.subject, 'pending', :at
    FROM events e, endpoints n WHERE e.position = ANY(CAST(:positions AS bigint[])) AND n.id = :endpoint
    RETURNING id, subject
""")  # noqa: S608
_REPLAYABLE = f"""
    FROM endpoints n JOIN feed_entries f ON f.party_id = n.party_id
         JOIN events e ON e.position = f.position AND e.at >= :since AND e.at <= :until
                       AND (CAST(:types AS text[]) IS NULL OR e.matching_patterns && CAST(:types AS text[]))
                       AND {ENDPOINT_WANTS_EVENT_SQL}
    WHERE n.id = :endpoint AND (NOT CAST(:given_up AS boolean) OR EXISTS (
        SELECT FROM deliveries d WHERE d.endpoint_id = n.id AND d.position = e.position AND d.status = 'given_up'
    ))
"""
_REPLAYABLE_SUBJECTS = text(f"SELECT DISTINCT e.subject {_REPLAYABLE}")
_REPLAY = text(f"""
    INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
    SELECT {DELIVERY_ID_SQL}, n.id, e.position, e.subject, 'pending', :at
    {_REPLAYABLE} AND e.subject = ANY(CAST(:subjects AS text[]))
    ON CONFLICT (id) DO UPDATE SET status = 'pending', settled_at = NULL
""")
_FIND_QUEUE = text("""
    SELECT d.endpoint_id, d.subject FROM deliveries d JOIN endpoints n ON n.id = d.endpoint_id
    WHERE d.id = :id AND n.party_id = :party AND n.status <> 'deleted'
""")
_MAKE_PENDING = text("UPDATE deliveries SET status = 'pending', settled_at = NULL WHERE id = :id")


def _select_deliveries(condition: str) -> TextClause:
    return text(f"""
        SELECT d.id, d.position, d.status, d.created_at, d.settled_at, e.id AS event_id, e.type, e.subject, t.attempts,
               q.due_at, k.acknowledgement
        FROM deliveries d JOIN events e ON e.position = d.position JOIN endpoints n ON n.id = d.endpoint_id
             LEFT JOIN delivery_queues q ON d.status = 'pending' AND q.endpoint_id = d.endpoint_id
                  AND q.subject = d.subject
             LEFT JOIN LATERAL (
                 SELECT jsonb_build_object('outcome', outcome, 'message', message, 'at', at) AS acknowledgement
                 FROM acknowledgements WHERE position = d.position AND party_id = n.party_id
                 ORDER BY at DESC, id DESC LIMIT 1
             ) k ON true
             CROSS JOIN LATERAL (
                 SELECT coalesce(jsonb_agg(to_jsonb(a) - 'delivery_id' - 'claim' ORDER BY a.at), '[]') AS attempts
                 FROM attempts a WHERE a.delivery_id = d.id
             ) t
        WHERE {condition} ORDER BY d.position DESC LIMIT :limit
    """)  # noqa: S608


_BELONGS_TO_ENDPOINT = "d.endpoint_id = :endpoint AND d.position < :before"
_LIST = {
    status: _select_deliveries(_BELONGS_TO_ENDPOINT + (f" AND d.status = '{status}'" if status else ""))
    for status in ("", "pending", "delivered", "given_up", "dropped")
}
_ONE = _select_deliveries("d.id = :id")


async def insert_attempts(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Write attempts: delivery_id, claim, at, duration_ms, status, reason, answer. Never changed afterwards."""
    await conn.execute(_INSERT_ATTEMPTS, column_arrays(rows, _ATTEMPT_COLUMNS))


async def settle(conn: AsyncConnection, rows: Sequence[dict[str, Any]], *, at: datetime) -> None:
    """Say of deliveries (delivery_id, status) that they were delivered or given up; their queues are locked."""
    if rows:
        await conn.execute(_SETTLE, {**column_arrays(rows, ["delivery_id", "status"]), "at": at})


async def insert_for_endpoint(
    conn: AsyncConnection, endpoint_id: UUID, positions: Sequence[int], *, at: datetime
) -> list[UUID]:
    """Add deliveries of these events to one endpoint, whatever it listens to; answers their ids."""
    found = await conn.execute(_INSERT_FOR_ENDPOINT, {"endpoint": endpoint_id, "positions": list(positions), "at": at})
    return [row.id for row in found]


@dataclass(frozen=True)
class ReplaySelection:
    """Which of an endpoint's events: from a moment to another, of some types (None: all), or only those given up."""

    since: datetime
    until: datetime
    types: tuple[str, ...] | None = None
    given_up: bool = False


async def list_replayable_subjects(conn: AsyncConnection, endpoint_id: UUID, selection: ReplaySelection) -> list[str]:
    """Answer the subjects of all of the span that the endpoint's owner may hear and the endpoint listens to."""
    return list((await conn.execute(_REPLAYABLE_SUBJECTS, _selection_values(endpoint_id, selection))).scalars())


async def replay(
    conn: AsyncConnection, endpoint_id: UUID, subjects: Sequence[str], selection: ReplaySelection, *, at: datetime
) -> int:
    """Make pending again, or for the first time, the same about these subjects, whose queues are locked.

    Answers how many. The ids stay the same.
    """
    given = {**_selection_values(endpoint_id, selection), "subjects": list(subjects), "at": at}
    return (await conn.execute(_REPLAY, given)).rowcount


def _selection_values(endpoint_id: UUID, selection: ReplaySelection) -> dict[str, Any]:
    types = None if selection.types is None else list(selection.types)
    return {
        "endpoint": endpoint_id,
        "since": selection.since,
        "until": selection.until,
        "types": types,
        "given_up": selection.given_up,
    }


async def find_queue(conn: AsyncConnection, delivery_id: UUID, party_id: UUID) -> RowMapping | None:
    """Return the queue (endpoint_id, subject) of a delivery of the party's own; None of any other."""
    return (await conn.execute(_FIND_QUEUE, {"id": delivery_id, "party": party_id})).mappings().one_or_none()


async def make_pending(conn: AsyncConnection, delivery_id: UUID) -> None:
    """Make one delivery pending again; its queue is locked."""
    await conn.execute(_MAKE_PENDING, {"id": delivery_id})


async def list_for_endpoint(
    conn: AsyncConnection, endpoint_id: UUID, *, status: str | None, before: int, limit: int
) -> Sequence[RowMapping]:
    """Read an endpoint's deliveries with their attempts, newest first, below a position."""
    given = {"endpoint": endpoint_id, "before": before, "limit": limit}
    return (await conn.execute(_LIST[status or ""], given)).mappings().all()


async def read_delivery(conn: AsyncConnection, delivery_id: UUID) -> RowMapping:
    """Read one delivery with its attempts."""
    return (await conn.execute(_ONE, {"id": delivery_id, "limit": 1})).mappings().one()
