"""Delivery queues: the ordered deliveries of an endpoint about a subject.

A worker claims a queue with a lease; only the claim that still holds it settles it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.rate_limits import MAX_COOLDOWN
from shared.database import column_arrays

_ACQUIRE_CLAIM_LOCK = text("""
    SELECT pg_advisory_xact_lock(20241122), set_config('idle_in_transaction_session_timeout', '5000', true),
           set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)
""")
"""A statement before the claim: it waits for its turn first, and reads the queues after that. A worker that stalls
in the middle of its turn loses it after 5 s. The claim is planned once and no more, which would else take as long as
the claim itself, and so that it never reads a table from end to end, however many have come since."""
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
"""Which endpoints have anything waiting is found by skipping through the primary key, one step an endpoint, however
long their queues (what is due begins with the entries of deleted queues). An endpoint without a rate limit gets all of
its concurrency, for `least` passes over NULL. Whose turn is first is left to chance, so that a crowd cannot keep the
same ones last. Of an endpoint that is not verified only the queue about the endpoint itself is claimed, which has its
challenge. The rows that were locked are changed by their place in the table: finding them by key again would cost the
more, the more wait. One that was changed between our snapshot and our lock is passed over until the next claim."""
_HEADS = text("""
    SELECT q.endpoint_id, q.subject, d.id AS delivery_id, v.id AS event_id, v.type, v.at AS occurred_at, v.body,
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
""")
_LOCK_CLAIMED = text("""
    SELECT q.endpoint_id, q.subject
    FROM unnest(CAST(:endpoint_id AS uuid[]), CAST(:subject AS text[]), CAST(:claim AS uuid[]))
         AS g(endpoint_id, subject, claim)
         JOIN delivery_queues q ON q.endpoint_id = g.endpoint_id AND q.subject = g.subject AND q.claim = g.claim
    ORDER BY q.endpoint_id, q.subject FOR UPDATE OF q
""")
_RESCHEDULE = text("""
    UPDATE delivery_queues q SET claim = NULL, due_at = g.due_at, attempts = g.attempts
    FROM unnest(CAST(:endpoint_id AS uuid[]), CAST(:subject AS text[]), CAST(:due_at AS timestamptz[]),
                CAST(:attempts AS integer[])) AS g(endpoint_id, subject, due_at, attempts)
    WHERE q.endpoint_id = g.endpoint_id AND q.subject = g.subject
""")
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
_MAKE_DUE = text("""
    INSERT INTO delivery_queues (endpoint_id, subject, due_at, attempts)
    SELECT :endpoint, subject, :at, 0 FROM unnest(CAST(:subjects AS text[])) AS given(subject) ORDER BY subject
    ON CONFLICT (endpoint_id, subject) DO UPDATE
        SET attempts = 0,
            due_at = CASE WHEN delivery_queues.claim IS NULL THEN excluded.due_at ELSE delivery_queues.due_at END
""")


async def acquire_claim_lock(conn: AsyncConnection) -> None:
    """Wait until no other worker claims: who counts what flies must see all that was claimed before.

    The transaction is set up for claiming: see above.
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
) -> Sequence[RowMapping]:
    """Claim up to `limit` due queues until `lease_until`; each endpoint has at most `default_concurrency` in flight,
    or as many as `concurrency` names for it.

    What other workers have flying counts as well. One that has a limit of its own gets what it is `allowances`.

    Answers endpoint_id, subject, attempts. Each endpoint's queues are looked up apart, so however many wait
    for one, finding those of another costs the same.
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
    return (await conn.execute(_CLAIM, given)).mappings().all()


async def list_queue_heads(
    conn: AsyncConnection, claimed: Sequence[RowMapping], *, at: datetime
) -> Sequence[RowMapping]:
    """Read the oldest pending delivery of each claimed queue, with all that sending it needs.

    A statement of its own, after the claim: the claim's snapshot may be older than the lock it waited for. What was
    paused, deleted or given an address to be verified since then is left out.
    """
    given = {"endpoints": [row["endpoint_id"] for row in claimed], "subjects": [row["subject"] for row in claimed]}
    return (await conn.execute(_HEADS, {**given, "at": at})).mappings().all()


async def lock_claimed(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> set[tuple[UUID, str]]:
    """Lock those of these queues (endpoint_id, subject, claim) that their claim still holds; return which."""
    given = column_arrays(rows, ["endpoint_id", "subject", "claim"])
    return {(row[0], row[1]) for row in await conn.execute(_LOCK_CLAIMED, given)}


async def reschedule(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Give up the claims on queues and let them wait: endpoint_id, subject, due_at, attempts."""
    if rows:
        await conn.execute(_RESCHEDULE, column_arrays(rows, ["endpoint_id", "subject", "due_at", "attempts"]))


async def advance(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Give up the claims on queues (endpoint_id, subject): due at once where more is pending, deleted where not."""
    if rows:
        await conn.execute(_ADVANCE, {**column_arrays(rows, ["endpoint_id", "subject"]), "at": at})


async def make_due(conn: AsyncConnection, endpoint_id: UUID, subjects: Sequence[str], *, at: datetime) -> None:
    """Make queues of an endpoint due now and reset their attempts; a queue that is in flight ends its attempt first."""
    await conn.execute(_MAKE_DUE, {"endpoint": endpoint_id, "subjects": sorted(set(subjects)), "at": at})
