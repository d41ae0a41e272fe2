"""Deliveries and their attempts: one delivery for each event and each endpoint that wants it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, cast, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.tables import (
    DELIVERY_IS_PENDING,
    ENDPOINT_IS_KEPT,
    acknowledgements,
    attempts,
    deliveries,
    delivery_queues,
    endpoints,
    events,
)
from shared.cites.events import EventType
from shared.database import bulk_insert, column_arrays
from shared.limits import Limit, LimitSubject
from shared.mandate_copies import VALID_TODAY_SQL

DELIVERY_ID_SQL = """
    CAST(overlay(overlay(encode(substring(sha256(uuid_send(e.id) || uuid_send(n.id)) FROM 1 FOR 16), 'hex')
                         PLACING '8' FROM 13) PLACING '8' FROM 17) AS uuid)"""
"""The id of the delivery of event `e` to endpoint `n`: UUID version 8 from the SHA-256 of both (RFC 9562, 5.8)."""

ENDPOINT_WANTS_EVENT_SQL = """
    n.event_types && e.matching_patterns AND (
             cardinality(e.filter_keys) IS NOT DISTINCT FROM 0 OR e.filter_keys IS NULL OR (
                 (n.countries IS NULL OR n.countries && e.filter_keys)
                 AND (n.permits IS NULL OR n.permits && e.filter_keys)
                 AND (n.taxa IS NULL OR n.taxa && e.filter_keys)))"""
"""Whether endpoint `n` wants event `e`: by its type, and by each filter. Events about endpoints pass all filters."""

SHOWN_ATTEMPTS = Limit(
    50,
    "attempts",
    subject=LimitSubject.LISTS,
    meaning="Attempts of a delivery that its owner reads",
    beyond="The newest are shown.",
)
_ATTEMPT_COLUMNS = ("delivery_id", "claim", "at", "duration_ms", "status", "reason", "answer")
_INSERT_ATTEMPTS = bulk_insert(attempts, _ATTEMPT_COLUMNS, suffix="ON CONFLICT DO NOTHING")
# Raw: `bulk_update` supports neither the condition on the old status nor a value that all rows share.
_SETTLE = text("""
    UPDATE deliveries d SET status = g.status, settled_at = :at
    FROM unnest(CAST(:delivery_id AS uuid[]), CAST(:status AS text[])) AS g(delivery_id, status)
    WHERE d.id = g.delivery_id AND d.status = 'pending'
""")
# Raw: it shares the SQL of the delivery's id with the fan-out of events.
_INSERT_FOR_ENDPOINT = text(f"""
    INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
    SELECT {DELIVERY_ID_SQL}, n.id, e.position, e.subject, 'pending', :at
    FROM events e, endpoints n WHERE e.position = ANY(CAST(:positions AS bigint[])) AND n.id = :endpoint
    RETURNING id
""")  # noqa: S608
_MAY_RECEIVE_SQL = f"""
        EXISTS (SELECT FROM deliveries s WHERE s.endpoint_id = n.id AND s.position = e.position)
        OR jsonb_exists(e.audience -> 'parties', CAST(n.party_id AS text))
        OR EXISTS (SELECT FROM jsonb_array_elements(e.audience -> 'agents') AS named JOIN mandates m
                        ON m.trader_id = CAST(named ->> 'trader' AS uuid) AND m.agent_id = n.party_id
                   WHERE named ->> 'agent' = CAST(n.party_id AS text) AND {VALID_TODAY_SQL})
        OR EXISTS (SELECT FROM audience_keys k WHERE k.party_id = n.party_id
                   AND jsonb_exists(e.audience -> 'audience_keys', k.audience_key))
        OR EXISTS (SELECT FROM grants g WHERE g.party_id = n.party_id
                   AND jsonb_exists(e.audience -> 'countries', g.country) AND g.patterns && e.matching_patterns)
"""  # noqa: S608
"""Whether a replay may send event `e` to endpoint `n`: it had the event before, or its owner has the right today.

The feed of the owner contains what it was allowed to receive then. Its right may have ended since. An agent has the
right while a mandate of the trader is valid.
"""
# Raw, like the two statements that use it: it shares the id and the matching of events with the fan-out.
_REPLAYABLE = f"""
    FROM endpoints n JOIN feed_entries f ON f.party_id = n.party_id
         JOIN events e ON e.position = f.position AND e.at >= :since AND e.at <= :until
                       AND (CAST(:types AS text[]) IS NULL OR e.matching_patterns && CAST(:types AS text[]))
                       AND {ENDPOINT_WANTS_EVENT_SQL}
    WHERE n.id = :endpoint AND ({_MAY_RECEIVE_SQL}) AND (NOT CAST(:given_up AS boolean) OR EXISTS (
        SELECT FROM deliveries d WHERE d.endpoint_id = n.id AND d.position = e.position AND d.status = 'given_up'
    ))
"""
_REPLAYABLE_SUBJECTS = text(f"SELECT DISTINCT e.subject {_REPLAYABLE}")
_REPLAY = text(f"""
    INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
    SELECT {DELIVERY_ID_SQL}, n.id, e.position, e.subject, 'pending', :at
    {_REPLAYABLE} AND e.subject = ANY(CAST(:subjects AS text[]))
    ON CONFLICT (id) DO UPDATE SET status = 'pending', settled_at = NULL, subject = excluded.subject
""")


def _build_details_query() -> Select[Any]:
    """Build the query of deliveries with their newest attempts, next attempt and last acknowledgement."""
    newest = (
        select(attempts)
        .where(attempts.c.delivery_id == deliveries.c.id)
        .order_by(attempts.c.at.desc())
        .limit(SHOWN_ATTEMPTS)
        .correlate(deliveries)
        .subquery("newest")
    )
    a, k, q = newest.c, acknowledgements.c, delivery_queues.c
    attempt = func.jsonb_build_object(
        "at", a.at, "duration_ms", a.duration_ms, "status", a.status, "reason", a.reason, "answer", a.answer
    )
    attempts_of_delivery = (
        select(func.coalesce(func.jsonb_agg(aggregate_order_by(attempt, a.at)), cast([], JSONB), type_=JSONB))
        .select_from(newest)
        .scalar_subquery()
    )
    last_acknowledgement = (
        select(func.jsonb_build_object("outcome", k.outcome, "message", k.message, "at", k.at, type_=JSONB))
        .where(k.position == deliveries.c.position, k.party_id == endpoints.c.party_id)
        .order_by(k.at.desc(), k.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    is_queue = and_(DELIVERY_IS_PENDING, q.endpoint_id == deliveries.c.endpoint_id, q.subject == deliveries.c.subject)
    return (
        select(
            deliveries.c.id,
            deliveries.c.position,
            deliveries.c.status,
            deliveries.c.created_at,
            deliveries.c.settled_at,
            events.c.id.label("event_id"),
            events.c.type.label("event_type"),
            events.c.subject,
            attempts_of_delivery.label("attempts"),
            q.due_at,
            last_acknowledgement.label("acknowledgement"),
        )
        .select_from(deliveries)
        .join(events, events.c.position == deliveries.c.position)
        .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
        .join(delivery_queues, is_queue, isouter=True)
    )


_SELECT_DETAILS = _build_details_query()


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryDetails:
    """A delivery with all its attempts, oldest first. Attempts and acknowledgement are JSON objects."""

    delivery_id: UUID
    position: int
    event_id: UUID
    event_type: str
    subject: str
    status: str
    created_at: datetime
    settled_at: datetime | None
    due_at: datetime | None
    attempts: tuple[Mapping[str, Any], ...]
    acknowledgement: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueKey:
    """The key of a delivery queue: endpoint and subject."""

    endpoint_id: UUID
    subject: str


async def insert_attempts(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert attempts: delivery_id, claim, at, duration_ms, status, reason, answer. They are never changed."""
    await conn.execute(_INSERT_ATTEMPTS, column_arrays(rows, _ATTEMPT_COLUMNS))


async def settle(conn: AsyncConnection, rows: Sequence[dict[str, Any]], *, at: datetime) -> None:
    """Set pending deliveries (delivery_id, status) to delivered or given up. The caller has locked their queues."""
    if rows:
        await conn.execute(_SETTLE, {**column_arrays(rows, ["delivery_id", "status"]), "at": at})


async def insert_for_endpoint(
    conn: AsyncConnection, endpoint_id: UUID, positions: Sequence[int], *, at: datetime
) -> list[UUID]:
    """Add deliveries of these events to one endpoint, whatever its event types. Return their ids."""
    given = {"endpoint": endpoint_id, "positions": list(positions), "at": at}
    return list((await conn.execute(_INSERT_FOR_ENDPOINT, given)).scalars())


async def drop_challenges(conn: AsyncConnection, endpoint_id: UUID, subject: str, *, at: datetime) -> None:
    """Drop the pending challenges of an endpoint, because a newer one replaces them. The caller has locked its queue.

    Tests have the same subject. They stay.
    """
    of_challenges = select(events.c.position).where(
        events.c.subject == subject, events.c.type == EventType.ENDPOINT_VERIFICATION
    )
    waiting = (
        deliveries.c.endpoint_id == endpoint_id,
        deliveries.c.subject == subject,
        DELIVERY_IS_PENDING,
        deliveries.c.position.in_(of_challenges),
    )
    await conn.execute(update(deliveries).where(*waiting).values(status="dropped", settled_at=at))


@dataclass(frozen=True, kw_only=True)
class ReplaySelection:
    """A selection of an endpoint's events: a span of time, types (None: all), optionally only those given up."""

    since: datetime
    until: datetime
    types: tuple[str, ...] | None = None
    given_up: bool = False


async def list_replayable_subjects(conn: AsyncConnection, endpoint_id: UUID, selection: ReplaySelection) -> list[str]:
    """Return the subjects of the selected events that the endpoint's owner may receive and the endpoint wants."""
    return list((await conn.execute(_REPLAYABLE_SUBJECTS, _selection_values(endpoint_id, selection))).scalars())


async def replay(
    conn: AsyncConnection, endpoint_id: UUID, subjects: Sequence[str], selection: ReplaySelection, *, at: datetime
) -> int:
    """Make the selected deliveries of these subjects pending, again or for the first time. Return their number.

    The caller has locked their queues. The ids stay the same.
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


async def find_queue(conn: AsyncConnection, delivery_id: UUID, party_id: UUID) -> QueueKey | None:
    """Return the queue of a delivery of the party; None for a delivery of another party."""
    query = (
        select(deliveries.c.endpoint_id, deliveries.c.subject)
        .join(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
        .where(deliveries.c.id == delivery_id, endpoints.c.party_id == party_id, ENDPOINT_IS_KEPT)
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else QueueKey(endpoint_id=row.endpoint_id, subject=row.subject)


async def make_pending(conn: AsyncConnection, delivery_id: UUID) -> None:
    """Make one delivery pending again. The caller has locked its queue."""
    changed = update(deliveries).where(deliveries.c.id == delivery_id).values(status="pending", settled_at=None)
    await conn.execute(changed)


async def list_for_endpoint(
    conn: AsyncConnection, endpoint_id: UUID, *, status: str | None, before: int, limit: int
) -> list[DeliveryDetails]:
    """Return an endpoint's deliveries with their attempts, newest first, below a position.

    The statement contains the status as a literal: a generic plan uses a partial index only if it sees the value.
    """
    query = _SELECT_DETAILS.where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.position < before)
    if status is not None:
        query = query.where(deliveries.c.status == literal(status, literal_execute=True))
    rows = await conn.execute(query.order_by(deliveries.c.position.desc()).limit(limit))
    return [_details_from_row(row) for row in rows]


async def read_delivery(conn: AsyncConnection, delivery_id: UUID) -> DeliveryDetails:
    """Return one delivery with its attempts."""
    return _details_from_row((await conn.execute(_SELECT_DETAILS.where(deliveries.c.id == delivery_id))).one())


def _details_from_row(row: Row[*tuple[Any, ...]]) -> DeliveryDetails:
    return DeliveryDetails(
        delivery_id=row.id,
        position=row.position,
        event_id=row.event_id,
        event_type=row.event_type,
        subject=row.subject,
        status=row.status,
        created_at=row.created_at,
        settled_at=row.settled_at,
        due_at=row.due_at,
        attempts=tuple(row.attempts),
        acknowledgement=row.acknowledgement,
    )
