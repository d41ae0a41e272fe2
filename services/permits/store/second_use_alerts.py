"""The windows after alerts about second uses, and the attempts that the hub holds back in them.

The caller of `open_windows`, `hold` and `take_due` has locked the permits, so nobody else changes their windows.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Integer,
    RowMapping,
    delete,
    func,
    literal,
    literal_column,
    not_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.declarations.second_use_alerts import (
    FIRST_WINDOW_SECONDS,
    HELD_ATTEMPTS,
    LONGEST_WINDOW_SECONDS,
)
from services.permits.domain.model.second_uses import AttemptKind, HeldAttempts
from services.permits.store.tables import second_use_alerts as table
from shared.contracts.closed_sets import Movement
from shared.contracts.events.parts import SecondUseAttempt
from shared.database import bulk_insert, column_arrays

KIND_COLUMNS = ("permit_id", "line", "movement", "trader_id")
_IS_OPEN = """(second_use_alerts.window_began_at <= clock_timestamp()
    AND clock_timestamp() < second_use_alerts.window_began_at
        + make_interval(secs => second_use_alerts.window_seconds))"""
"""Whether a window lasts. The transaction's own time is too early: another one may have begun the window since then.

A window that begins in the future does not last: the clock of the database was ahead when the hub wrote it.
"""
_LASTS = literal_column(_IS_OPEN, Boolean)
_ON_CONFLICT = f"""ON CONFLICT (permit_id, line, movement, trader_id) DO UPDATE
    SET window_began_at = excluded.window_began_at, window_seconds = excluded.window_seconds
    WHERE second_use_alerts.held_count = 0 AND NOT {_IS_OPEN}
    RETURNING permit_id, line, movement, trader_id"""  # noqa: S608 - all parts are constants of the hub
_HOLD = text(f"""
    UPDATE second_use_alerts SET
        held_count = held_count + given.count,
        first_attempt_at = coalesce(first_attempt_at, given.first_at),
        last_attempt_at = given.last_at,
        party_id = given.party,
        is_named = is_named OR given.named,
        attempts = jsonb_path_query_array(given.latest::jsonb || attempts, '$[0 to {HELD_ATTEMPTS - 1}]')
    FROM unnest(
        CAST(:permits AS uuid[]), CAST(:lines AS text[]), CAST(:movements AS text[]), CAST(:traders AS uuid[]),
        CAST(:counts AS integer[]), CAST(:first_at AS timestamptz[]), CAST(:last_at AS timestamptz[]),
        CAST(:parties AS uuid[]), CAST(:named AS boolean[]), CAST(:latest AS text[])
    ) AS given(permit, line, movement, trader, count, first_at, last_at, party, named, latest)
    WHERE permit_id = given.permit AND second_use_alerts.line = given.line
        AND second_use_alerts.movement = given.movement AND trader_id = given.trader
""")  # noqa: S608 - the number is a constant of the hub


async def open_windows(conn: AsyncConnection, kinds: Iterable[AttemptKind]) -> set[AttemptKind]:
    """Begin a window for each kind that has none. Return these kinds: the others have a window that lasts.

    A window whose held attempts still wait for their alert lasts until then.
    """
    first = int(FIRST_WINDOW_SECONDS)
    rows = [dict(zip(KIND_COLUMNS, kind, strict=True)) | {"window_seconds": first} for kind in sorted(set(kinds))]
    names = (*KIND_COLUMNS, "window_seconds")
    opened = await conn.execute(bulk_insert(table, names, suffix=_ON_CONFLICT), column_arrays(rows, names))
    return {_kind(row) for row in opened.mappings()}


async def hold(conn: AsyncConnection, held: Sequence[HeldAttempts]) -> None:
    """Add attempts to those that the next alert counts. Keep the latest `HELD_ATTEMPTS` of each kind."""
    values: dict[str, list[Any]] = {
        "permits": [one.kind.permit for one in held],
        "lines": [one.kind.line for one in held],
        "movements": [one.kind.movement.value for one in held],
        "traders": [one.kind.trader for one in held],
        "counts": [one.count for one in held],
        "first_at": [one.first_at for one in held],
        "last_at": [one.last_at for one in held],
        "parties": [one.party for one in held],
        "named": [one.is_named for one in held],
        "latest": [json.dumps([one.model_dump(mode="json", exclude_none=True) for one in h.latest]) for h in held],
    }
    await conn.execute(_HOLD, values)


async def list_due_permits(conn: AsyncConnection, *, limit: int) -> Sequence[UUID]:
    """List permits with held attempts whose window is over, those that wait longest first."""
    c = table.c
    query = select(c.permit_id).where(c.held_count > 0, not_(_LASTS)).group_by(c.permit_id)
    return (await conn.execute(query.order_by(func.min(c.window_began_at)).limit(limit))).scalars().all()


async def take_due(conn: AsyncConnection, permit_id: UUID) -> list[HeldAttempts]:
    """Return all held attempts of a permit, and begin their next windows; empty if no window of the permit is over.

    Each window is twice as long as the one before, at most `LONGEST_WINDOW_SECONDS`.
    """
    c = table.c
    held = (c.permit_id == permit_id, c.held_count > 0)
    query = select(table, not_(_LASTS).label("is_due")).where(*held).order_by(c.line, c.movement, c.trader_id)
    rows = (await conn.execute(query)).mappings().all()
    if not any(row["is_due"] for row in rows):
        return []
    doubled = func.least(c.window_seconds * 2, literal(int(LONGEST_WINDOW_SECONDS), Integer))
    none: dict[str, Any] = {
        "held_count": 0,
        "first_attempt_at": None,
        "last_attempt_at": None,
        "is_named": False,
        "attempts": [],
    }
    window = {"window_began_at": func.clock_timestamp(), "window_seconds": doubled}
    await conn.execute(update(table).where(*held).values(none | window))
    return [_held_attempts(row) for row in rows]


async def delete_ended(conn: AsyncConnection, *, limit: int) -> int:
    """Delete windows that are over and hold no attempts. Return their number."""
    keys = [table.c[name] for name in KIND_COLUMNS]
    ended = select(*keys).where(table.c.held_count == 0, not_(_LASTS)).limit(limit)
    statement = (
        delete(table).where(tuple_(*keys).in_(ended.with_for_update(skip_locked=True))).returning(table.c.permit_id)
    )
    return len((await conn.execute(statement)).all())


async def count_held(conn: AsyncConnection) -> int:
    """Count the attempts that no alert has counted yet."""
    return int((await conn.execute(select(func.coalesce(func.sum(table.c.held_count), 0)))).scalar_one())


def _kind(row: RowMapping) -> AttemptKind:
    return AttemptKind(row["permit_id"], row["line"], Movement(row["movement"]), row["trader_id"])


def _held_attempts(row: RowMapping) -> HeldAttempts:
    return HeldAttempts(
        kind=_kind(row),
        party=row["party_id"],
        is_named=row["is_named"],
        count=row["held_count"],
        first_at=row["first_attempt_at"],
        last_at=row["last_attempt_at"],
        latest=tuple(SecondUseAttempt.model_validate(attempt) for attempt in row["attempts"]),
    )
