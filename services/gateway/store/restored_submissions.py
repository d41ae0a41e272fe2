"""Submissions after a restore: sent again to permits, or known only from permits, without their bytes.

A submission without bytes keeps the id and the reference of its declaration. Its key contains a blank, which no
idempotency key of a client has. It gets its bytes when its party sends them again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.submissions import Submission
from services.gateway.store.tables import submissions
from shared import outbox
from shared.contracts.comparison import comparison_key
from shared.contracts.fields import parse_digest
from shared.contracts.reconciliation import KnownDeclaration
from shared.database import bulk_insert, column_arrays, id_in, lowest_id
from shared.reconciliation import Period

NO_BYTES = b""
UNKNOWN_MEDIA_TYPE = "application/octet-stream"
COLUMNS = (
    "id",
    "party_id",
    "trader_id",
    "key",
    "reference",
    "reference_key",
    "content_type",
    "digest",
    "body",
    "party",
    "received_at",
    "due_at",
    "settled_at",
)
COMPLETED_COLUMNS = ("key", "content_type", "body", "normalized", "party", "represented")
# Raw: the function takes JSON, and the values of a submission are JSON text.
_COMPLETE = text("""
    SELECT complete_submission(
        :submission, :key, :content_type, :body, :normalized, CAST(CAST(:party AS text) AS jsonb),
        CAST(CAST(:represented AS text) AS jsonb)
    )
""")
_INSERT = bulk_insert(submissions, COLUMNS, suffix="ON CONFLICT DO NOTHING RETURNING id")


def forwarded_in(period: Period) -> ColumnElement[bool]:
    """Return the condition on submissions of a period that permits has stored."""
    c = submissions.c
    return and_(c.id >= lowest_id(period.since), c.id < lowest_id(period.until), c.settled_at.is_not(None))


async def find_oldest_id(conn: AsyncConnection) -> UUID | None:
    """Return the id of the oldest submission."""
    query = select(submissions.c.id).order_by(submissions.c.id).limit(1)
    oldest: UUID | None = (await conn.execute(query)).scalar_one_or_none()
    return oldest


async def send_again(conn: AsyncConnection, ids: Collection[UUID], *, at: datetime) -> int:
    """Make submissions due again, except those without bytes. Return their number."""
    c = submissions.c
    return await outbox.send_again(conn, submissions, and_(id_in(c.id, ids), c.body != NO_BYTES), at=at)


async def list_without_bytes(conn: AsyncConnection, ids: Collection[UUID]) -> list[UUID]:
    """List those of these submissions whose bytes are lost."""
    c = submissions.c
    return list((await conn.execute(select(c.id).where(id_in(c.id, ids), c.body == NO_BYTES))).scalars())


async def adopt(conn: AsyncConnection, known: Sequence[KnownDeclaration], *, at: datetime) -> set[UUID]:
    """Insert declarations of permits as settled submissions without bytes. Return those whose reference was taken.

    Such a reference belongs to a newer submission here. The key of the older one gets its id, as in a migration.
    """
    inserted = await _insert(conn, [_row(one, comparison_key(one.reference), at) for one in known])
    taken = [one for one in known if one.id not in inserted]
    if not taken:
        return set()
    return await _insert(conn, [_row(one, f"{comparison_key(one.reference)} {one.id}", at) for one in taken])


async def _insert(conn: AsyncConnection, rows: Sequence[dict[str, Any]]) -> set[UUID]:
    return set((await conn.execute(_INSERT, column_arrays(rows, COLUMNS))).scalars())


def _row(known: KnownDeclaration, reference_key: str, at: datetime) -> dict[str, Any]:
    return {
        "id": known.id,
        "party_id": known.party,
        "trader_id": known.trader,
        "key": f"restored {known.id}",
        "reference": known.reference,
        "reference_key": reference_key,
        "content_type": UNKNOWN_MEDIA_TYPE,
        "digest": NO_BYTES if known.digest is None else parse_digest(known.digest),
        "body": NO_BYTES,
        "party": "{}",
        "received_at": known.received_at,
        "due_at": known.received_at,
        "settled_at": at,
    }


async def complete(conn: AsyncConnection, submission: Submission) -> bool:
    """Store the bytes that a party sends again in its submission without bytes. Return whether there is one.

    Both have the same trader, reference and digest.
    """
    c = submissions.c
    same = (
        c.trader_id == submission.trader_id,
        c.reference_key == comparison_key(submission.reference),
        c.party_id == submission.party_id,
        c.digest == submission.digest,
        c.body == NO_BYTES,
    )
    found = (await conn.execute(select(c.id).where(*same))).scalar_one_or_none()
    if found is None:
        return False
    given = {"submission": found} | {name: getattr(submission, name) for name in COMPLETED_COLUMNS}
    return bool((await conn.execute(_COMPLETE, given)).scalar_one())
