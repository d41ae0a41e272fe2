"""The ledger as it is read: the story of a permit's lines, and what was used in a year."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store import tables as t
from services.permits.store.rows import Row


async def story(conn: AsyncConnection, permit: UUID) -> Sequence[Row]:
    """Read every entry of a permit's lines, oldest first."""
    query = select(t.ledger).where(t.ledger.c.permit_id == permit).order_by(t.ledger.c.number)
    return (await conn.execute(query)).mappings().all()


async def used_in(conn: AsyncConnection, year: int, side: str, country: str) -> AsyncIterator[Row]:
    """Stream what was used of each permit line of a country in a year: endorsed at export, or released at import.

    The year of an entry is that of its day: the day customs endorsed or released.
    """
    e, p, n = t.ledger.c, t.permits.c, t.permit_lines.c
    kinds = ("endorse", "correct") if side == "export" else ("consume", "correct")
    here = p.export_country if side == "export" else p.import_country
    used = func.sum(e.quantity)
    query = (
        select(
            p.issuer, p.number, p.kind, p.export_country, p.import_country, p.purpose, n.line, n.position, n.taxon,
            n.appendix, n.term, n.unit, n.source, n.origin_country, n.origin_permit, used.label("quantity"),
        )
        .select_from(t.ledger.join(t.permit_lines, (n.permit_id == e.permit_id) & (n.line == e.line)))
        .join(t.permits, p.id == e.permit_id)
        .where(e.side == side, e.kind.in_(kinds), here == country)
        .where(e.day >= date(year, 1, 1), e.day <= date(year, 12, 31))
        .group_by(p.id, n.permit_id, n.line)
        .having(used > 0)
        .order_by(n.taxon, p.issuer, p.number, n.position)
    )  # fmt: skip
    async with conn.stream(query) as result:
        async for row in result.mappings():
            yield row
