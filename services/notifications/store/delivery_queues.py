"""Delivery queues: the ordered deliveries of one endpoint and subject.

A worker claims a queue with a lease. Only the claim that still owns the queue settles it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.event_bodies import body_for_party_sql
from services.notifications.store.rate_limits import MAX_COOLDOWN
from services.notifications.store.tables import delivery_queues
from shared.database import bulk_insert, bulk_update, column_arrays

CLAIM_LOCK_KEY = 20241122
"""The advisory lock that lets one worker claim at a time."""
_ACQUIRE_CLAIM_LOCK = select(
    func.pg_advisory_xact_lock(CLAIM_LOCK_KEY),
    func.set_config("idle_in_transaction_session_timeout", "5000", True),
    func.set_config("plan_cache_mode", "force_generic_plan", True),
    func.set_config("enable_seqscan", "off", True),
)
"""The statement before the claim: it waits for the lock, so that the claim reads the queues after that.

A worker that stalls while it owns the lock loses it after 5 s. The claim is planned only once, because planning takes
as long as the claim itself. The plan never reads a whole table, however many rows are added later.
"""
# Raw: a recursive skip scan, row locks in two CTEs and an update by ctid. It is written for its plan.
_CLAIM = text("""
    WITH RECURSIVE busy AS (
        (SELECT endpoint_id FROM delivery_queues ORDER BY endpoint_id, subject LIMIT 1)
        UNION ALL
        SELECT (
            SELECT q.endpoint_id FROM delivery_queues q WHERE q.endpoint_id > b.endpoint_id
            ORDER BY q.endpoint_id, q.subject LIMIT 1
        ) FROM busy b WHERE b.endpoint_id IS NOT NULL
    ), open AS MATERIALIZED (
        SELECT e.id, e.status, greatest(0, least(
            CASE WHEN e.rate_limit IS NOT NULL THEN coalesce(a.allowance, 0) END,
            coalesce(c.concurrency, :default_concurrency) - (
                SELECT count(*) FROM delivery_queues f
                WHERE f.endpoint_id = e.id AND f.claim IS NOT NULL AND f.due_at > :at
            )
        )) AS room
        FROM busy b JOIN endpoints e ON e.id = b.endpoint_id AND e.status IN ('active', 'pending')
             JOIN parties p ON p.id = e.party_id AND NOT p.disabled
             LEFT JOIN rate_limits r ON r.endpoint_id = e.id
             LEFT JOIN unnest(CAST(:concurrency_ids AS uuid[]), CAST(:concurrency AS integer[]))
                  AS c(id, concurrency) ON c.id = e.id
             LEFT JOIN unnest(CAST(:allowance_ids AS uuid[]), CAST(:allowances AS integer[]))
                  AS a(id, allowance) ON a.id = e.id
        WHERE r.cooldown_until IS NULL OR r.cooldown_until <= :at
              OR r.cooldown_until > CAST(:at AS timestamptz) + CAST(:max_cooldown AS interval)
        ORDER BY random()
    ), verifying AS (
        SELECT q.ctid AS place
        FROM open o JOIN delivery_queues q ON q.endpoint_id = o.id AND q.subject = 'endpoint:' || o.id
        WHERE o.status = 'pending' AND o.room > 0 AND q.due_at <= :at
        FOR UPDATE OF q SKIP LOCKED
    ), due AS (
        SELECT q.place
        FROM open o CROSS JOIN LATERAL (
            SELECT ctid AS place FROM delivery_queues
            WHERE endpoint_id = o.id AND due_at <= :at
            ORDER BY due_at LIMIT o.room FOR UPDATE SKIP LOCKED
        ) q
        WHERE o.status = 'active' AND o.room > 0
        LIMIT :limit
    )
    UPDATE delivery_queues SET claim = :claim, due_at = :lease_until
    WHERE ctid = ANY (ARRAY(SELECT place FROM due UNION ALL SELECT place FROM verifying))
    RETURNING endpoint_id, subject, attempts
""")
"""The claim of queues, one statement.

`busy` finds the endpoints with queues by skipping through the primary key: one step per endpoint, however long their
queues are. (The index by due time begins with the entries of deleted queues.) An endpoint without a rate limit gets
all of its concurrency, because `least` ignores NULL. The order of endpoints is random, so that none is always last.

If an endpoint is not verified, only the queue about the endpoint is claimed: it contains the challenge. The locked
rows are updated by ctid, because a second look-up by key costs more, the more queues wait. A row that changed between
the snapshot and the lock is skipped until the next claim.
"""
# Raw: a LATERAL look-up for each of the given queues limits the plan to one index step per queue.
_HEADS = text(f"""
    SELECT q.endpoint_id, q.subject, d.id AS delivery_id, v.id AS event_id, v.type AS event_type,
           v.at AS occurred_at, {body_for_party_sql(event="v", party="e.party_id")} AS body,
           e.url, e.headers, e.format, s.secrets
    FROM unnest(CAST(:endpoints AS uuid[]), CAST(:subjects AS text[])) AS q(endpoint_id, subject)
         CROSS JOIN LATERAL (
             SELECT id, position FROM deliveries
             WHERE endpoint_id = q.endpoint_id AND subject = q.subject AND status = 'pending'
             ORDER BY position LIMIT 1
         ) d
         JOIN events v ON v.position = d.position
         JOIN endpoints e ON e.id = q.endpoint_id
              AND (e.status = 'active' OR (e.status = 'pending' AND q.subject = 'endpoint:' || e.id))
         CROSS JOIN LATERAL (
             SELECT array_agg(secret ORDER BY created_at DESC) AS secrets FROM endpoint_secrets
             WHERE endpoint_id = q.endpoint_id AND (ends_at IS NULL OR ends_at > :at)
         ) s
""")  # noqa: S608
# Raw: it joins the rows of `unnest`, and locks in the order in which every other transaction locks queues.
_LOCK_CLAIMED = text("""
    SELECT q.endpoint_id, q.subject
    FROM unnest(CAST(:endpoint_id AS uuid[]), CAST(:subject AS text[]), CAST(:claim AS uuid[]))
         AS g(endpoint_id, subject, claim)
         JOIN delivery_queues q ON q.endpoint_id = g.endpoint_id AND q.subject = g.subject AND q.claim = g.claim
    ORDER BY q.endpoint_id, q.subject FOR UPDATE OF q
""")
_RESCHEDULE = bulk_update(delivery_queues, ("endpoint_id", "subject"), ("claim", "due_at", "attempts"))
# Raw: one statement checks for more pending deliveries, and deletes or updates each queue accordingly.
_ADVANCE = text("""
    WITH g AS MATERIALIZED (
        SELECT endpoint_id, subject, EXISTS (
            SELECT FROM deliveries d
            WHERE d.endpoint_id = given.endpoint_id AND d.subject = given.subject AND d.status = 'pending'
        ) AS has_more
        FROM unnest(CAST(:endpoint_id AS uuid[]), CAST(:subject AS text[])) AS given(endpoint_id, subject)
    ), deleted AS (
        DELETE FROM delivery_queues q USING g
        WHERE NOT g.has_more AND q.endpoint_id = g.endpoint_id AND q.subject = g.subject
    )
    UPDATE delivery_queues q SET claim = NULL, due_at = :at, attempts = 0
    FROM g WHERE g.has_more AND q.endpoint_id = g.endpoint_id AND q.subject = g.subject
""")
_NO_CLAIMS: list[UUID] = []
"""NULL as the claim of every row: `unnest` fills a shorter array up with NULL."""
_QUEUE_COLUMNS = ("endpoint_id", "subject", "due_at", "attempts")
_ON_QUEUE_CONFLICT = """ON CONFLICT (endpoint_id, subject) DO UPDATE
SET attempts = 0,
    due_at = CASE WHEN delivery_queues.claim IS NULL THEN excluded.due_at ELSE delivery_queues.due_at END"""
_MAKE_DUE = bulk_insert(delivery_queues, _QUEUE_COLUMNS, suffix=_ON_QUEUE_CONFLICT)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedQueue:
    """A queue under a claim, and the number of attempts at its oldest delivery."""

    endpoint_id: UUID
    subject: str
    attempts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueHead:
    """The oldest pending delivery of a queue, with the data for an attempt. Secrets and headers are sealed."""

    endpoint_id: UUID
    subject: str
    delivery_id: UUID
    event_id: UUID
    event_type: str
    occurred_at: datetime
    body: str
    url: str
    headers: str | None
    format: str
    secrets: tuple[str, ...]


async def end_late_claims(conn: AsyncConnection, *, latest: datetime, at: datetime) -> int:
    """End the claims that end after `latest`, and make their queues due at `at`. Return the number of queues."""
    c = delivery_queues.c
    late = update(delivery_queues).where(c.claim.is_not(None), c.due_at > latest)
    return (await conn.execute(late.values(claim=None, due_at=at))).rowcount


async def acquire_claim_lock(conn: AsyncConnection) -> None:
    """Wait until no other worker claims, and configure the transaction for the claim.

    The claim counts the deliveries in flight, so it must see all earlier claims.
    """
    await conn.execute(_ACQUIRE_CLAIM_LOCK)


async def claim(
    conn: AsyncConnection,
    claim_id: UUID,
    *,
    at: datetime,
    lease_until: datetime,
    limit: int,
    default_concurrency: int,
    concurrency: Mapping[UUID, int],
    allowances: Mapping[UUID, int],
) -> list[ClaimedQueue]:
    """Claim up to `limit` due queues until `lease_until`.

    Each endpoint has at most `default_concurrency` deliveries in flight, or as many as `concurrency` names for it.
    Deliveries in flight of other workers count too. An endpoint with a rate limit gets at most its number in
    `allowances`. Each endpoint's queues are looked up separately, so a long backlog of one does not delay another.
    """
    given = {
        "claim": claim_id,
        "at": at,
        "lease_until": lease_until,
        "limit": limit,
        "default_concurrency": default_concurrency,
        "max_cooldown": MAX_COOLDOWN,
    }
    given |= {"concurrency_ids": list(concurrency), "concurrency": list(concurrency.values())}
    given |= {"allowance_ids": list(allowances), "allowances": list(allowances.values())}
    return [
        ClaimedQueue(endpoint_id=row["endpoint_id"], subject=row["subject"], attempts=row["attempts"])
        for row in (await conn.execute(_CLAIM, given)).mappings()
    ]


async def list_queue_heads(conn: AsyncConnection, claimed: Sequence[ClaimedQueue], *, at: datetime) -> list[QueueHead]:
    """Return the oldest pending delivery of each claimed queue.

    It is a separate statement after the claim, because the claim's snapshot may be older than the lock it waited for.
    It omits endpoints that were paused, deleted or given an unverified URL since then.
    """
    given = {"endpoints": [queue.endpoint_id for queue in claimed], "subjects": [queue.subject for queue in claimed]}
    # Keys of a mapping cost half as much as attributes of a row, and this runs for every delivery.
    return [
        QueueHead(
            endpoint_id=row["endpoint_id"],
            subject=row["subject"],
            delivery_id=row["delivery_id"],
            event_id=row["event_id"],
            event_type=row["event_type"],
            occurred_at=row["occurred_at"],
            body=row["body"],
            url=row["url"],
            headers=row["headers"],
            format=row["format"],
            secrets=tuple(row["secrets"] or ()),
        )
        for row in (await conn.execute(_HEADS, {**given, "at": at})).mappings()
    ]


async def lock_claimed(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> set[tuple[UUID, str]]:
    """Lock those of these queues (endpoint_id, subject, claim) that their claim still owns. Return their keys."""
    given = column_arrays(rows, ["endpoint_id", "subject", "claim"])
    locked = (await conn.execute(_LOCK_CLAIMED, given)).mappings()
    return {(row["endpoint_id"], row["subject"]) for row in locked}


async def reschedule(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """End the claims on queues and set when they are due again: endpoint_id, subject, due_at, attempts."""
    if rows:
        given = column_arrays(rows, _QUEUE_COLUMNS)
        await conn.execute(_RESCHEDULE, {**given, "claim": _NO_CLAIMS})


async def advance(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """End the claims on queues (endpoint_id, subject). Make those with pending deliveries due, delete the others."""
    if rows:
        await conn.execute(_ADVANCE, {**column_arrays(rows, ["endpoint_id", "subject"]), "at": at})


async def make_due(conn: AsyncConnection, endpoint_id: UUID, subjects: Sequence[str], *, at: datetime) -> None:
    """Make queues of an endpoint due now and reset their attempts. A queue in flight ends its attempt first."""
    if subjects:
        rows = [
            {"endpoint_id": endpoint_id, "subject": subject, "due_at": at, "attempts": 0}
            for subject in sorted(set(subjects))
        ]
        await conn.execute(_MAKE_DUE, column_arrays(rows, _QUEUE_COLUMNS))
