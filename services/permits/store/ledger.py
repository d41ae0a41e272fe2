"""Read the ledger: the entries of a permit's lines, their sums, and lines with all their entries."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.ledger.balances import ZERO, Balance, EntryKind, LedgerEntry
from services.permits.store import tables as t
from services.permits.store.from_row import BALANCE_COLUMNS, Row
from shared.contracts.closed_sets import Side
from shared.limits import Limit, LimitSubject

SHOWN_CROSSINGS = Limit(
    500,
    "crossings",
    subject=LimitSubject.LISTS,
    meaning="Crossings that a certificate for many crossings shows",
    beyond="The newest are shown, and a field counts the others.",
)


async def list_entries(
    conn: AsyncConnection, permit: UUID, *, line: str | None, after: int, limit: int
) -> Sequence[Row]:
    """List entries after a number, oldest first, of all lines or one, with the line's unit and the reference."""
    e, d, n = t.ledger.c, t.declarations.c, t.permit_lines.c
    query = (
        select(t.ledger, d.reference, n.unit)
        .select_from(t.ledger.join(t.permit_lines, (n.permit_id == e.permit_id) & (n.line == e.line)))
        .outerjoin(t.declarations, d.id == e.declaration_id)
        .where(*_on_permit_line(permit, line), e.number > after)
        .order_by(e.number)
        .limit(limit)
    )
    return (await conn.execute(query)).mappings().all()


async def sum_entries_up_to(
    conn: AsyncConnection, permit: UUID, *, line: str | None, number: int
) -> dict[str, list[LedgerEntry]]:
    """Return the sums of each line's entries up to a number: one entry per side and kind.

    Then follows, per side, the last entry that closed or opened it, with quantity zero.
    """
    if number <= 0:
        return {}
    e = t.ledger.c
    conditions = (*_on_permit_line(permit, line), e.number <= number)
    sums = select(e.line, e.side, e.kind, func.sum(e.quantity).label("quantity")).where(*conditions)
    entries: dict[str, list[LedgerEntry]] = {}
    for row in (await conn.execute(sums.group_by(e.line, e.side, e.kind))).mappings():
        entries.setdefault(row["line"], []).append(
            LedgerEntry(side=Side(row["side"]), kind=EntryKind(row["kind"]), quantity=row["quantity"])
        )
    last = select(e.line, e.side, e.kind, e.closes, e.opens).where(*conditions, or_(e.closes, e.opens))
    last = last.ext(distinct_on(e.line, e.side)).order_by(e.line, e.side, e.number.desc())
    for row in (await conn.execute(last)).mappings():
        closure = LedgerEntry(
            side=Side(row["side"]), kind=EntryKind(row["kind"]), quantity=ZERO, closes=row["closes"], opens=row["opens"]
        )
        entries[row["line"]].append(closure)
    return entries


def _on_permit_line(permit: UUID, line: str | None) -> tuple[ColumnElement[bool], ...]:
    mine = t.ledger.c.permit_id == permit
    return (mine,) if line is None else (mine, t.ledger.c.line == line)


async def stream_lines_with_entries(
    conn: AsyncConnection, *, after: tuple[UUID, str] | None, limit: int
) -> AsyncIterator[tuple[UUID, str, Balance, list[LedgerEntry]]]:
    """Yield lines in the order of their ids, each with its balance and all its entries. All are of one moment."""
    n, e = t.permit_lines.c, t.ledger.c
    some = (
        select(n.permit_id, n.line, *(n[name] for name in BALANCE_COLUMNS)).order_by(n.permit_id, n.line).limit(limit)
    )
    if after is not None:
        some = some.where(tuple_(n.permit_id, n.line) > after)
    chunk = some.cte("chunk")
    c = chunk.c
    query = (
        select(chunk, e.side, e.kind, e.quantity, e.closes, e.opens)
        .join(t.ledger, (e.permit_id == c.permit_id) & (e.line == c.line), isouter=True)
        .order_by(c.permit_id, c.line, e.number)
    )
    current: tuple[UUID, str, Balance, list[LedgerEntry]] | None = None
    async with conn.stream(query) as result:
        async for row in result.mappings():
            if current is None or current[:2] != (row["permit_id"], row["line"]):
                if current is not None:
                    yield current
                current = (row["permit_id"], row["line"], Balance(**{name: row[name] for name in BALANCE_COLUMNS}), [])
            if row["kind"] is not None:
                current[3].append(entry_from_row(row))
    if current is not None:
        yield current


def entry_from_row(row: Row) -> LedgerEntry:
    """Return a ledger entry."""
    return LedgerEntry(
        side=Side(row["side"]),
        kind=EntryKind(row["kind"]),
        quantity=row["quantity"],
        closes=row["closes"],
        opens=row["opens"],
    )


async def list_crossings(conn: AsyncConnection, permit: UUID) -> Sequence[Row]:
    """List the newest crossings of a certificate and their corrections, oldest first: its continuation sheet.

    `crossings` is the number of all. The ledger lists them in pages.
    """
    c = t.ledger.c
    query = select(t.ledger, func.count().over().label("crossings")).where(
        c.permit_id == permit, c.kind.in_(("cross", "recross"))
    )
    return (await conn.execute(query.order_by(c.number.desc()).limit(SHOWN_CROSSINGS))).mappings().all()[::-1]
