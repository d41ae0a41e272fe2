"""Stream the quantities used in a year per permit line: of one side, or of both sides together."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Text, and_, case, func, literal, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from services.permits.store.from_row import Row
from shared.contracts.closed_sets import PermitKind, Side
from shared.database import plan_by_values

ROWS_PER_BATCH = 1000
"""Rows in memory at a time."""
SECONDS_PER_BATCH = 50
"""The maximum of seconds that PostgreSQL takes for a batch. It sorts all rows before the first.

The gateway waits 60 s for the next part of a report, so permits responds before the gateway ends the connection.
"""
READER_PAUSE = "60s"
"""The maximum pause of a reader between two batches."""
USE_KINDS_BY_SIDE = {Side.EXPORT: ("endorse", "correct"), Side.IMPORT: ("consume", "correct")}
"""Kinds of entries that use a quantity, by side: goods that leave are endorsed, goods that arrive are consumed."""
CROSSING_KINDS = ("cross", "recross")
"""Kinds of entries for crossings and their corrections. A certificate for many crossings is not used up by them."""
E, P, N, D = t.ledger.c, t.permits.c, t.permit_lines.c, t.declarations.c
PLACE_COLUMNS = ("export_country", "import_country", "origin_country")
ORIGIN = func.coalesce(N.origin_country, P.export_country)
PERMIT_COLUMNS = (P.issuer, P.number, P.kind, P.export_country, P.import_country, P.purpose)
LINE_COLUMNS = (N.line, N.taxon, N.appendix, N.term, N.unit, N.source, N.origin_country, N.origin_permit)
ORDER = (N.taxon, P.issuer, P.number, N.position)


async def stream_exports(conn: AsyncConnection, year: int, country: str) -> AsyncIterator[Sequence[Row]]:
    """Yield the permit lines under which goods left a country in a year, with the quantity in the line's unit."""
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
    """Yield the permit lines under which goods entered a country in a year, with the quantity in the line's unit.

    Goods with an import permit and an export permit (Article III.3) count once, under the line of the export permit.
    The import permit is in `import_permits`.
    """
    async for rows in _stream(conn, imports_query(year, country)):
        yield rows
    async for rows in _stream(conn, _crossings_query(year, Side.IMPORT, country)):
        yield rows


def imports_query(year: int, country: str) -> Select[Any]:
    """Return the query for the permit lines under which goods entered a country in a year.

    It joins the uses of the year only with tables, by their keys. A join of two derived sets costs the square of their
    rows when PostgreSQL underestimates them.
    """
    used = _uses_with_import_permits(year, country)
    total = func.sum(used.c.quantity)
    return (
        select(*PERMIT_COLUMNS, *LINE_COLUMNS, used.c.import_permits, total.label("quantity"))
        .select_from(used)
        .join(t.permit_lines, (N.permit_id == used.c.permit_id) & (N.line == used.c.line))
        .join(t.permits, P.id == used.c.permit_id)
        .where(or_(P.kind != PermitKind.IMPORT, used.c.others.is_not(True)))
        .group_by(P.id, N.permit_id, N.line, used.c.import_permits)
        .having(total > 0)
        .order_by(*ORDER, used.c.import_permits)
    )


def _crossings_query(year: int, side: Side, country: str) -> Select[Any]:
    """Return the query for crossings of a country's border under certificates for many crossings. Each one is trade.

    The declaration names the two countries, because the goods travel between many and return. Without a declaration,
    customs recorded the crossing, and the goods left the country of export.
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
    """Yield the permit lines from or to a country in a year, with the quantities that left and that arrived."""
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
    """Return the conditions on entries that used a quantity in a year, by the day of endorsement or release."""
    these = or_(*((E.side == side) & E.kind.in_(USE_KINDS_BY_SIDE[side]) for side in sides))
    return these, E.value_date >= date(year, 1, 1), E.value_date <= date(year, 12, 31)


def _uses_with_import_permits(year: int, country: str) -> Subquery:
    """Return the query for the quantity that each item used of each permit line for a country in a year.

    Each row has the numbers of the import permits that the item used, and whether the item also used another permit.
    """
    parts = (E.permit_id, E.line, E.declaration_id, E.item)
    used = (
        select(*parts, P.kind, P.number, func.sum(E.quantity).label("quantity"))
        .join(t.permits, P.id == E.permit_id)
        .where(*_use_entries(year, Side.IMPORT), P.import_country == country)
        .group_by(*parts, P.id)
        .subquery("used_by_item")
    )
    u = used.c
    same_number = (u.declaration_id, u.item, u.kind, u.number)
    nth = func.row_number().over(partition_by=same_number, order_by=(u.permit_id, u.line))
    numbered = select(used, nth.label("nth")).subquery("numbered")
    n = numbered.c
    item = (func.coalesce(n.declaration_id, n.permit_id), n.item)  # without a declaration, each permit is on its own
    number_once = case((and_(n.kind == PermitKind.IMPORT, n.nth == 1), n.number))
    all_rows = (None, None)
    return select(
        n.permit_id,
        n.line,
        n.quantity,
        func.string_agg(number_once, literal_column("' '"))
        .over(partition_by=item, order_by=n.number, rows=all_rows)
        .label("import_permits"),
        func.bool_or(n.kind != PermitKind.IMPORT).over(partition_by=item).label("others"),
    ).subquery("used")


async def _stream(conn: AsyncConnection, query: Select[Any]) -> AsyncIterator[Sequence[Row]]:
    """Yield a long result in batches. PostgreSQL limits the time of each batch, and the pause of a slow reader."""
    await plan_by_values(conn)
    limits = {
        "statement_timeout": f"{SECONDS_PER_BATCH}s",
        "idle_in_transaction_session_timeout": READER_PAUSE,
    }
    await conn.execute(select(*(func.set_config(name, value, True) for name, value in limits.items())))
    async with conn.stream(query.execution_options(yield_per=ROWS_PER_BATCH)) as result:
        async for rows in result.mappings().partitions():
            yield rows
