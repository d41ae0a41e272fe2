"""Events: stored under one lock, numbered in the order of their subject, added to feeds and queues."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.store.deliveries import DELIVERY_ID_SQL, ENDPOINT_WANTS_EVENT_SQL
from services.notifications.store.event_bodies import body_for_party_sql
from services.notifications.store.tables import events, feed_counter, feed_entries, subjects
from shared.contracts.limits import PAGE_BYTES
from shared.database import column_arrays, id_in

INTAKE_LOCK_KEY = 20240714
"""The advisory lock that lets one transaction at a time store events."""
_ACQUIRE_INTAKE_LOCK = select(func.pg_advisory_xact_lock(INTAKE_LOCK_KEY))
_COLUMNS = [
    "id",
    "type",
    "matching_patterns",
    "subject",
    "sequence",
    "at",
    "body",
    "holder_body",
    "audience",
    "filter_keys",
    "sender",
]
# Raw: two columns are arrays, and `unnest`, which `bulk_insert` uses, would flatten an array of arrays.
_INSERT = text("""
    INSERT INTO events (id, type, matching_patterns, subject, sequence, at, received_at, body, holder_body, audience,
                        filter_keys, sender)
    SELECT id, type, string_to_array(matching_patterns, ' '), subject, sequence, at, :received_at, body, holder_body,
           CAST(audience AS jsonb), ARRAY(SELECT jsonb_array_elements_text(CAST(filter_keys AS jsonb))),
           CAST(sender AS jsonb)
    FROM unnest(CAST(:id AS uuid[]), CAST(:type AS text[]), CAST(:matching_patterns AS text[]),
                CAST(:subject AS text[]), CAST(:sequence AS bigint[]), CAST(:at AS timestamptz[]),
                CAST(:body AS text[]), CAST(:holder_body AS text[]), CAST(:audience AS text[]),
                CAST(:filter_keys AS text[]), CAST(:sender AS text[]))
         AS given(id, type, matching_patterns, subject, sequence, at, body, holder_body, audience, filter_keys, sender)
    ON CONFLICT DO NOTHING
""")
_LIST_KNOWN = select(events.c.id, events.c.at).where(
    events.c.id == func.any(bindparam("ids", type_=ARRAY(events.c.id.type)))
)
# Raw: one statement updates the counter, the sequences of the subjects and the events, so that no position is lost.
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
    RETURNING events.position, events.type
""")
# Raw: one statement writes feed entries, deliveries and queues, each from the rows that the one before returned.
_FAN_OUT = text(f"""
    WITH fresh AS MATERIALIZED (
        SELECT position, subject, matching_patterns, audience, filter_keys, id FROM events
        WHERE position = ANY(CAST(:positions AS bigint[]))
    ), entries AS (
        INSERT INTO feed_entries (party_id, position)
        SELECT CAST(named AS uuid), f.position
        FROM fresh f CROSS JOIN jsonb_array_elements_text(f.audience -> 'parties') AS named
        UNION
        SELECT CAST(named ->> 'agent' AS uuid), f.position
        FROM fresh f CROSS JOIN jsonb_array_elements(f.audience -> 'agents') AS named
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
_LAST_SEQUENCE = select(subjects.c.last_sequence).where(subjects.c.subject == bindparam("subject"))
_LAST_POSITION = select(feed_counter.c.position)
_LIST_PARTIES = (
    select(feed_entries.c.party_id)
    .where(feed_entries.c.position > bindparam("after"), feed_entries.c.position <= bindparam("last"))
    .distinct()
    .limit(bindparam("row_limit", type_=Integer))
)
_LIST_FOR_PARTY = (
    select(
        feed_entries.c.position,
        literal_column(body_for_party_sql(event="events", party="feed_entries.party_id"), Text).label("body"),
    )
    .join(events, events.c.position == feed_entries.c.position)
    .where(
        feed_entries.c.party_id == bindparam("party_id"),
        feed_entries.c.position > bindparam("after"),
        feed_entries.c.position <= bindparam("last"),
    )
    .order_by(feed_entries.c.position)
    .limit(bindparam("row_limit", type_=Integer))
)
_LIST_MATCHING_FOR_PARTY = _LIST_FOR_PARTY.where(events.c.matching_patterns.overlap(bindparam("patterns")))


def _cut_by_bytes(query: Select[Any]) -> Select[Any]:
    """Return the query of those first events whose bodies have `PAGE_BYTES` together, and of the first in any case.

    PostgreSQL knows the length of a body without reading it. `listed` is the number of events without this limit.
    """
    listed = query.add_columns(func.octet_length(events.c.body).label("bytes")).subquery("listed")
    total = func.sum(listed.c.bytes).over(order_by=listed.c.position)
    counted = select(listed, total.label("total"), func.count().over().label("listed")).subquery("counted")
    c = counted.c
    cut = select(c.position, _without_findings(c.body, c.bytes), c.listed)
    return cut.where(or_(c.total <= PAGE_BYTES, c.total == c.bytes)).order_by(c.position)


def _without_findings(body: ColumnElement[str], length: ColumnElement[int]) -> ColumnElement[str]:
    """Return a body that a page can hold. Events of earlier versions named every finding, in up to 16 MB."""
    short = cast(cast(body, JSONB).op("#-")(cast(["data", "findings"], ARRAY(Text))), Text)
    return case((length > PAGE_BYTES, short), else_=body).label("body")


_PAGE_FOR_PARTY = _cut_by_bytes(_LIST_FOR_PARTY)
_PAGE_MATCHING_FOR_PARTY = _cut_by_bytes(_LIST_MATCHING_FOR_PARTY)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEvent:
    """An event in a party's feed: its position and its body."""

    position: int
    body: str


async def acquire_intake_lock(conn: AsyncConnection) -> None:
    """Wait for the intake lock. It makes positions follow commits, so that a reader's cursor never skips an event."""
    await conn.execute(_ACQUIRE_INTAKE_LOCK)


async def insert_events(conn: AsyncConnection, rows: Sequence[dict[str, Any]], *, at: datetime) -> dict[UUID, datetime]:
    """Insert events once, without a position. Return which of these ids are stored, now or before, with their times.

    Rows have id, type, matching_patterns (separated by blanks), subject, sequence, at, body, holder_body, audience,
    filter_keys and sender. `holder_body` is None if holders receive the body of the offices. `audience` is JSON text
    with `parties`, `agents`, `audience_keys` and `countries`. `filter_keys` is a JSON list, empty if no filter
    applies. `sender` is JSON text or None. If an id is not returned, another event has its sequence.
    """
    given = column_arrays(rows, _COLUMNS)
    await conn.execute(_INSERT, {**given, "received_at": at})
    return {row.id: row.at for row in await conn.execute(_LIST_KNOWN, {"ids": given["id"]})}


async def list_bodies(conn: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the bodies of stored events."""
    rows = await conn.execute(select(events.c.id, events.c.body).where(id_in(events.c.id, ids)))
    return {row.id: row.body for row in rows}


async def assign_positions(conn: AsyncConnection, subjects: Sequence[str]) -> dict[int, str]:
    """Assign positions to the events of these subjects whose predecessors are all stored.

    Return the positions in order, each with the type of its event.

    Across subjects the earlier event comes first. Within a subject only the sequence decides, not the clock.
    """
    rows = (await conn.execute(_ASSIGN_POSITIONS, {"subjects": list(subjects)})).all()
    return dict(sorted((row.position, row.type) for row in rows))


async def fan_out(conn: AsyncConnection, positions: Collection[int], *, at: datetime) -> None:
    """Write the feed entries of these events, and a delivery with its queue for each endpoint that wants one.

    The row of an existing queue is locked too, so that no transaction deletes it while a delivery is added to it.
    """
    if positions:
        await conn.execute(_FAN_OUT, {"positions": list(positions), "at": at})


async def next_sequence(conn: AsyncConnection, subject: str) -> int:
    """Return the sequence of the next event about a subject of this service. The caller has the intake lock."""
    return int((await conn.execute(_LAST_SEQUENCE, {"subject": subject})).scalar_one_or_none() or 0) + 1


async def find_time_received(conn: AsyncConnection, subject: str, sequence: int) -> datetime | None:
    """Return when the event of a subject with this sequence was stored; None if there is none."""
    query = select(events.c.received_at).where(events.c.subject == subject, events.c.sequence == sequence)
    found: datetime | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def read_last_position(conn: AsyncConnection) -> int:
    """Return the last assigned position. Every event up to it is committed, and its position is final."""
    return int((await conn.execute(_LAST_POSITION)).scalar_one())


async def list_parties(conn: AsyncConnection, *, after: int, last: int, limit: int) -> list[UUID]:
    """Return at most `limit` parties that have an event after one position and up to another."""
    given = {"after": after, "last": last, "row_limit": limit}
    return list((await conn.execute(_LIST_PARTIES, given)).scalars())


async def list_for_party(
    conn: AsyncConnection, party_id: UUID, *, after: int, last: int, patterns: Sequence[str] | None, limit: int
) -> tuple[list[FeedEvent], bool]:
    """Return a party's events after one position and up to another, oldest first. `patterns` None means all types.

    The bodies have `PAGE_BYTES` together at most; the first may be longer. The flag tells whether more may follow.
    """
    given: dict[str, Any] = {"party_id": party_id, "after": after, "last": last, "row_limit": limit}
    if patterns is None:
        rows = (await conn.execute(_PAGE_FOR_PARTY, given)).all()
    else:
        rows = (await conn.execute(_PAGE_MATCHING_FOR_PARTY, given | {"patterns": list(patterns)})).all()
    more = bool(rows) and (len(rows) == limit or len(rows) < rows[0].listed)
    return [FeedEvent(position=row.position, body=row.body) for row in rows], more
