"""What was really used in a year, streamed: of each permit line by one side, or by both sides beside each other."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Text, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from services.permits.store.from_row import Row
from shared.contracts.closed_sets import PermitKind, Side

ROWS_PER_BATCH = 1000
"""Rows that are in memory at a time."""
USE_KINDS_BY_SIDE = {Side.EXPORT: ("endorse", "correct"), Side.IMPORT: ("consume", "correct")}
"""What an entry of a side is that used something up: what left was endorsed, what arrived was consumed."""
CROSSING_KINDS = ("cross", "recross")
"""Crossings under certificates for many of them, which use nothing up, and their corrections."""
E, P, N, D = t.ledger.c, t.permits.c, t.permit_lines.c, t.declarations.c
PLACE_COLUMNS = ("export_country", "import_country", "origin_country")
ORIGIN = func.coalesce(N.origin_country, P.export_country)
PERMIT_COLUMNS = (P.issuer, P.number, P.kind, P.export_country, P.import_country, P.purpose)
LINE_COLUMNS = (N.line, N.taxon, N.appendix, N.term, N.unit, N.source, N.origin_country, N.origin_permit)
ORDER = (N.taxon, P.issuer, P.number, N.position)


async def stream_exports(conn: AsyncConnection, year: int, country: str) -> AsyncIterator[Sequence[Row]]:
    """Stream the permit lines under which goods left a country in a year, with how much."""
    used = func.sum(E.quantity)
    query = (
        select(*PERMIT_COLUMNS, *LINE_COLUMNS, used.label("quantity"))
        .select_from(t.ledger)
        .join(t.permit_lines, (N.permit_id == E.permit_id) & (N.line == E.line))
        .join(t.permits, P.id == E.permit_id)
        .where(*_use_entries(year, Side.EXPORT), P.export_country == country)
        .group_by(P.id, N.permit_id, N.line)
        .having(used > 0)
        .order_by(*ORDER)
    )
    async for rows in _stream(conn, query):
        yield rows
    async for rows in _stream(conn, _crossings_query(year, Side.EXPORT, country)):
        yield rows


async def stream_imports(conn: AsyncConnection, year: int, country: str) -> AsyncIterator[Sequence[Row]]:
    """Stream the permit lines under which goods entered a country in a year, with how much.

    Goods that arrive under an import permit and an export permit (Article III.3) arrive once: the export permit's line
    stands for them, and `import_permits` names the other.
    """
    used = _used_by_item(year)
    import_permits_by_item = _import_permits_by_item(used)
    total = func.sum(used.c.quantity)
    query = (
        select(*PERMIT_COLUMNS, *LINE_COLUMNS, import_permits_by_item.c.import_permits, total.label("quantity"))
        .select_from(used)
        .join(t.permit_lines, (N.permit_id == used.c.permit_id) & (N.line == used.c.line))
        .join(t.permits, P.id == used.c.permit_id)
        .outerjoin(
            import_permits_by_item,
            (import_permits_by_item.c.declaration_id == used.c.declaration_id)
            & (import_permits_by_item.c.item == used.c.item),
        )
        .where(
            P.import_country == country, or_(P.kind != PermitKind.IMPORT, import_permits_by_item.c.others.is_not(True))
        )
        .group_by(P.id, N.permit_id, N.line, import_permits_by_item.c.import_permits)
        .having(total > 0)
        .order_by(*ORDER, import_permits_by_item.c.import_permits)
    )
    async for rows in _stream(conn, query):
        yield rows
    async for rows in _stream(conn, _crossings_query(year, Side.IMPORT, country)):
        yield rows


def _crossings_query(year: int, side: Side, country: str) -> Select[Any]:
    """Write the query for what crossed a country's border under certificates for many crossings: each is trade.

    Where it crossed from and to stands in the declaration, for the goods go many ways and come home; what customs noted
    by itself left the country of export.
    """
    border_countries = (
        func.coalesce(D.export_country, P.export_country),
        func.coalesce(D.import_country, P.import_country),
    )
    other_columns = [column for column in (*PERMIT_COLUMNS, *LINE_COLUMNS) if column.name not in PLACE_COLUMNS]
    places = [column.label(name) for name, column in zip(PLACE_COLUMNS, (*border_countries, ORIGIN), strict=True)]
    used = func.sum(E.quantity)
    return (
        select(*other_columns, *places, literal(None, Text).label("import_permits"), used.label("quantity"))
        .select_from(t.ledger)
        .join(t.permit_lines, (N.permit_id == E.permit_id) & (N.line == E.line))
        .join(t.permits, P.id == E.permit_id)
        .outerjoin(t.declarations, D.id == E.declaration_id)
        .where(
            E.side == side,
            E.kind.in_(CROSSING_KINDS),
            E.value_date >= date(year, 1, 1),
            E.value_date <= date(year, 12, 31),
        )
        .where(border_countries[0 if side is Side.EXPORT else 1] == country)
        .group_by(P.id, N.permit_id, N.line, *border_countries)
        .having(used > 0)
        .order_by(*ORDER, *border_countries)
    )


async def stream_both_sides(conn: AsyncConnection, year: int, country: str) -> AsyncIterator[Sequence[Row]]:
    """Stream the permit lines that a country had to do with in a year: what left, and what arrived."""
    sides = {side: func.coalesce(func.sum(E.quantity).filter(E.side == side), 0) for side in USE_KINDS_BY_SIDE}
    query = (
        select(*PERMIT_COLUMNS, *LINE_COLUMNS, sides[Side.EXPORT].label("left"), sides[Side.IMPORT].label("arrived"))
        .select_from(t.ledger)
        .join(t.permit_lines, (N.permit_id == E.permit_id) & (N.line == E.line))
        .join(t.permits, P.id == E.permit_id)
        .where(*_use_entries(year, *USE_KINDS_BY_SIDE), P.kind != PermitKind.IMPORT)
        .where(or_(P.export_country == country, P.import_country == country))
        .group_by(P.id, N.permit_id, N.line)
        .having(or_(sides[Side.EXPORT] > 0, sides[Side.IMPORT] > 0))
        .order_by(*ORDER)
    )
    async for rows in _stream(conn, query):
        yield rows


def _use_entries(year: int, *sides: Side) -> tuple[ColumnElement[bool], ...]:
    """Say which entries used something in a year: that of their day, on which customs endorsed or released."""
    these = or_(*((E.side == side) & E.kind.in_(USE_KINDS_BY_SIDE[side]) for side in sides))
    return these, E.value_date >= date(year, 1, 1), E.value_date <= date(year, 12, 31)


def _used_by_item(year: int) -> CTE:
    parts = (E.permit_id, E.line, E.declaration_id, E.item)
    query = (
        select(*parts, func.sum(E.quantity).label("quantity")).where(*_use_entries(year, Side.IMPORT)).group_by(*parts)
    )
    return query.cte("used")


def _import_permits_by_item(used: CTE) -> CTE:
    """Say of each item which import permits it used, and whether it used another permit too."""
    numbers = func.string_agg(P.number.distinct(), aggregate_order_by(literal(" "), P.number))
    return (
        select(
            used.c.declaration_id,
            used.c.item,
            numbers.filter(P.kind == PermitKind.IMPORT).label("import_permits"),
            func.bool_or(P.kind != PermitKind.IMPORT).label("others"),
        )
        .join(t.permits, P.id == used.c.permit_id)
        .group_by(used.c.declaration_id, used.c.item)
        .cte("together")
    )


async def _stream(conn: AsyncConnection, query: Select[Any]) -> AsyncIterator[Sequence[Row]]:
    """Read a long answer piece by piece; whoever reads it slowly may take minutes over it."""
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        await conn.execute(select(func.set_config(limit, "10min", True)))
    async with conn.stream(query.execution_options(yield_per=ROWS_PER_BATCH)) as result:
        async for rows in result.mappings().partitions():
            yield rows
