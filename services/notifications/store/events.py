"""Events: received under one lock, held while a predecessor is missing, numbered, written to feeds and queues."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.deliveries import DELIVERY_ID_SQL, ENDPOINT_WANTS_EVENT_SQL
from shared.database import column_arrays

_ACQUIRE_INTAKE_LOCK = text("SELECT pg_advisory_xact_lock(20240714)")
_COLUMNS = ["id", "type", "matching_patterns", "subject", "sequence", "at", "body", "audience", "filter_keys", "sender"]
_INSERT = text("""
    INSERT INTO events (id, type, matching_patterns, subject, sequence, at, received_at, body, audience, filter_keys,
                        sender)
    SELECT id, type, string_to_array(matching_patterns, ' '), subject, sequence, at, :received_at, body,
           CAST(audience AS jsonb), ARRAY(SELECT jsonb_array_elements_text(CAST(filter_keys AS jsonb))),
           CAST(sender AS jsonb)
    FROM unnest(CAST(:id AS uuid[]), CAST(:type AS text[]), CAST(:matching_patterns AS text[]),
                CAST(:subject AS text[]), CAST(:sequence AS bigint[]), CAST(:at AS timestamptz[]),
                CAST(:body AS text[]), CAST(:audience AS text[]), CAST(:filter_keys AS text[]), CAST(:sender AS text[]))
         AS given(id, type, matching_patterns, subject, sequence, at, body, audience, filter_keys, sender)
    ON CONFLICT DO NOTHING
""")
_KNOWN = text("SELECT id FROM events WHERE id = ANY(CAST(:ids AS uuid[]))")
_ASSIGN_POSITIONS = text("""
    WITH waiting AS (
        SELECT e.id, e.subject, e.sequence, e.at, coalesce(s.last_sequence, 0) AS last_sequence,
               row_number() OVER (PARTITION BY e.subject ORDER BY e.sequence) AS nth
        FROM events e LEFT JOIN subjects s ON s.subject = e.subject
        WHERE e.position IS NULL AND e.subject = ANY(CAST(:subjects AS text[]))
    ), ready AS (
        SELECT id, subject, sequence, max(at) OVER (PARTITION BY subject ORDER BY sequence) AS no_earlier
        FROM waiting WHERE sequence = last_sequence + nth
    ), numbered AS (
        SELECT id, subject, sequence, row_number() OVER (ORDER BY no_earlier, subject, sequence) AS n FROM ready
    ), moved AS (
        UPDATE feed_counter SET position = position + (SELECT count(*) FROM numbered) RETURNING position AS last
    ), counted AS (
        INSERT INTO subjects (subject, last_sequence) SELECT subject, max(sequence) FROM numbered GROUP BY subject
        ON CONFLICT (subject) DO UPDATE SET last_sequence = excluded.last_sequence
    )
    UPDATE events SET position = moved.last - (SELECT count(*) FROM numbered) + numbered.n
    FROM numbered, moved WHERE events.id = numbered.id
    RETURNING events.position
""")
_FAN_OUT = text(f"""
    WITH fresh AS MATERIALIZED (
        SELECT position, subject, matching_patterns, audience, filter_keys, id FROM events
        WHERE position = ANY(CAST(:positions AS bigint[]))
    ), entries AS (
        INSERT INTO feed_entries (party_id, position)
        SELECT CAST(named AS uuid), f.position
        FROM fresh f CROSS JOIN jsonb_array_elements_text(f.audience -> 'parties') AS named
        WHERE NOT EXISTS (SELECT FROM parties p WHERE p.id = CAST(named AS uuid) AND p.disabled)
        UNION
        SELECT k.party_id, f.position
        FROM fresh f CROSS JOIN jsonb_array_elements_text(f.audience -> 'audience_keys') AS named
             JOIN audience_keys k ON k.audience_key = named
        UNION
        SELECT g.party_id, f.position
        FROM fresh f CROSS JOIN jsonb_array_elements_text(f.audience -> 'countries') AS named
             JOIN grants g ON g.country = named AND g.patterns && f.matching_patterns
        RETURNING party_id, position
    ), made AS (
        INSERT INTO deliveries (id, endpoint_id, position, subject, status, created_at)
        SELECT {DELIVERY_ID_SQL}, n.id, e.position, e.subject, 'pending', :at
        FROM entries r JOIN fresh e ON e.position = r.position
             JOIN endpoints n ON n.party_id = r.party_id AND n.status <> 'deleted' AND {ENDPOINT_WANTS_EVENT_SQL}
        RETURNING endpoint_id, subject
    )
    INSERT INTO delivery_queues (endpoint_id, subject, due_at, attempts)
    SELECT DISTINCT endpoint_id, subject, CAST(:at AS timestamptz), 0 FROM made ORDER BY 1, 2
    ON CONFLICT (endpoint_id, subject) DO UPDATE SET attempts = delivery_queues.attempts
""")  # noqa: S608
_LAST_SEQUENCE = text("SELECT last_sequence FROM subjects WHERE subject = :subject")
_LAST_POSITION = text("SELECT position FROM feed_counter")
_LIST_FOR_PARTY = text("""
    SELECT r.position, e.body
    FROM feed_entries r JOIN events e ON e.position = r.position
    WHERE r.party_id = :party AND r.position > :after AND r.position <= :last
      AND (CAST(:patterns AS text[]) IS NULL OR e.matching_patterns && CAST(:patterns AS text[]))
    ORDER BY r.position LIMIT :limit
""")


async def acquire_intake_lock(conn: AsyncConnection) -> None:
    """Wait for one's turn to take in events: positions follow commits, so that a reader's cursor never skips."""
    await conn.execute(_ACQUIRE_INTAKE_LOCK)


async def insert_events(conn: AsyncConnection, rows: Sequence[dict[str, Any]], *, at: datetime) -> set[UUID]:
    """Store events once, without a position yet; answers which of these ids are stored, now or before.

    Rows have id, type, matching_patterns (separated by blanks), subject, sequence, at, body, audience (JSON text with
    `parties`, `audience_keys` and `countries`), filter_keys (JSON text: a list, empty where no filter applies), sender
    (JSON text or None).
    An id that is not in the answer has its sequence taken by another event.
    """
    given = column_arrays(rows, _COLUMNS)
    await conn.execute(_INSERT, {**given, "received_at": at})
    return set((await conn.execute(_KNOWN, {"ids": given["id"]})).scalars())


async def assign_positions(conn: AsyncConnection, subjects: Sequence[str]) -> list[int]:
    """Number the events of these subjects whose predecessors are all in; answers their positions in order.

    Across subjects the earlier one comes first; within a subject the sequence alone decides, whatever clocks said.
    """
    return sorted((await conn.execute(_ASSIGN_POSITIONS, {"subjects": list(subjects)})).scalars())


async def fan_out(conn: AsyncConnection, positions: Sequence[int], *, at: datetime) -> None:
    """Write the feed entries of these events, and a delivery in its queue for each endpoint that wants it.

    The queue's row is locked even when it exists, so that nobody deletes it while a delivery is added to it.
    """
    if positions:
        await conn.execute(_FAN_OUT, {"positions": list(positions), "at": at})


async def next_sequence(conn: AsyncConnection, subject: str) -> int:
    """Answer the sequence of the next event about a subject of our own; the intake lock is held."""
    return int((await conn.execute(_LAST_SEQUENCE, {"subject": subject})).scalar_one_or_none() or 0) + 1


async def read_last_position(conn: AsyncConnection) -> int:
    """Answer the last position given: every event up to it is committed and stays where it is."""
    return int((await conn.execute(_LAST_POSITION)).scalar_one())


async def list_for_party(
    conn: AsyncConnection, party_id: UUID, *, after: int, last: int, patterns: Sequence[str] | None, limit: int
) -> Sequence[RowMapping]:
    """Read a party's events after one position and up to another, oldest first: position, body."""
    given = {"party": party_id, "after": after, "last": last, "limit": limit}
    return (await conn.execute(_LIST_FOR_PARTY, {**given, "patterns": patterns and list(patterns)})).mappings().all()
