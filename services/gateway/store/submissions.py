"""Submissions in the database: inserted in batches, found by key or by id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.store.tables import submissions
from shared import outbox
from shared.contracts.comparison import comparison_key
from shared.database import bulk_insert

MESSAGE_COLUMNS = ("id", "trader_id", "digest", "party", "represented", "officer", "received_at")
STORED_COLUMNS = tuple(
    submissions.c[name] for name in ("id", "party_id", "key", "reference", "content_type", "digest", "received_at")
)


class Submission(NamedTuple):
    """A declaration as submitted. The fields are the columns; `party` and `represented` are JSON text."""

    id: UUID
    party_id: UUID
    trader_id: UUID
    key: str
    reference: str
    content_type: str
    digest: bytes
    body: bytes
    party: str
    received_at: datetime
    normalized: bytes | None = None
    """The normalized form, if the body has another format."""
    represented: str | None = None
    """The trader, if the party lodges as its agent."""
    officer: str | None = None
    """The person of customs who lodges for a traveller. It is empty if the hub does not know the person."""

    @property
    def normalized_body(self) -> bytes:
        """The declaration in the form that permits checks."""
        return self.body if self.normalized is None else self.normalized

    @property
    def outbox_message(self) -> dict[str, Any]:
        """The fields that a dispatcher needs."""
        return {name: getattr(self, name) for name in MESSAGE_COLUMNS} | {"normalized": self.normalized_body}

    @property
    def scope(self) -> tuple[UUID, str]:
        """The party and its idempotency key."""
        return self.party_id, self.key


INSERTED_COLUMNS = (*Submission._fields, "reference_key", "due_at")
INSERT = bulk_insert(submissions, INSERTED_COLUMNS, suffix="ON CONFLICT DO NOTHING RETURNING id")


async def insert_many(conn: AsyncConnection, batch: Sequence[Submission], due_times: Sequence[datetime]) -> set[UUID]:
    """Insert submissions, sorted by key, each with its due time. Return the ids of the new ones."""
    values: dict[str, Any] = dict(zip(Submission._fields, zip(*batch, strict=True), strict=True))
    values |= {"reference_key": [comparison_key(one.reference) for one in batch], "due_at": due_times}
    return set((await conn.execute(INSERT, values)).scalars())


async def list_by_keys(conn: AsyncConnection, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], RowMapping]:
    """Return the submissions under keys, each key with its party."""
    found = select(*STORED_COLUMNS).where(tuple_(submissions.c.party_id, submissions.c.key).in_(list(keys)))
    return {(row["party_id"], row["key"]): row for row in (await conn.execute(found)).mappings()}


FIND_OWN = select(submissions).where(
    submissions.c.id == bindparam("id"),
    or_(submissions.c.party_id == bindparam("party"), submissions.c.trader_id == bindparam("party")),
)


async def find_own(conn: AsyncConnection, declaration_id: UUID, party_id: UUID) -> RowMapping | None:
    """Return a submission that this party lodged, or that was lodged for it, or None."""
    return (await conn.execute(FIND_OWN, {"id": declaration_id, "party": party_id})).mappings().one_or_none()


async def lock_own(conn: AsyncConnection, declaration_id: UUID, party_id: UUID) -> bool:
    """Lock a submission that this party lodged, or that was lodged for it. Return whether there is one."""
    own = (
        submissions.c.id == declaration_id,
        or_(submissions.c.party_id == party_id, submissions.c.trader_id == party_id),
    )
    locked = select(submissions.c.id).where(*own).with_for_update(key_share=True)
    return (await conn.execute(locked)).first() is not None


async def is_reference_taken(conn: AsyncConnection, trader_id: UUID, reference: str) -> bool:
    """Return whether a trader has used a reference."""
    c = submissions.c
    used = select(c.id).where(c.trader_id == trader_id, c.reference_key == comparison_key(reference))
    return (await conn.execute(used)).first() is not None


LIST_FORWARDED = select(submissions.c.id).where(
    submissions.c.id == func.any(bindparam("ids", type_=ARRAY(submissions.c.id.type))),
    submissions.c.settled_at.is_not(None),
)


async def list_forwarded(conn: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these submissions permits has."""
    return set((await conn.execute(LIST_FORWARDED, {"ids": list(ids)})).scalars())


async def read_backlog(conn: AsyncConnection) -> tuple[int, datetime | None]:
    """Return the number of unsettled submissions, and when the oldest one arrived."""
    return await outbox.read_backlog(conn, submissions, submissions.c.received_at)
