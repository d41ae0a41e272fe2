"""Sum what re-export certificates take of the documents that they name in box 12a, else in box 12."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from sqlalchemy import ARRAY, Text, Uuid, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.permits import PermitKey, PermitRecord
from services.permits.domain.reference.facts import ReExportedGoods
from services.permits.store.tables import permit_lines
from services.permits.store.to_row import previous_document_column


async def sum_by_document(
    conn: AsyncConnection, keys: Collection[PermitKey], *, except_permits: Iterable[PermitRecord] = ()
) -> dict[PermitKey, tuple[ReExportedGoods, ...]]:
    """Return what lines of re-export certificates take of these documents, by document. No key needs no statement.

    Certificates in `except_permits` do not count: the caller has their balances.
    """
    if not keys:
        return {}
    c = permit_lines.c
    by_column = {previous_document_column(key): key for key in keys}
    taken = func.greatest(
        c.export_reserved + func.coalesce(c.endorsed, Decimal(0)), c.import_reserved + c.import_consumed
    )
    kind = (c.previous_document, c.taxon, c.term, c.unit)
    query = (
        select(*kind, func.sum(taken))
        .where(c.previous_document == func.any(cast(sorted(by_column), ARRAY(Text))))
        .where(c.permit_id != func.all(cast([permit.id for permit in except_permits], ARRAY(Uuid))), taken > 0)
        .group_by(*kind)
    )
    found: dict[PermitKey, list[ReExportedGoods]] = {}
    for document, taxon, term, unit, quantity in await conn.execute(query):
        goods = ReExportedGoods(taxon=taxon, term=term, unit=unit, quantity=quantity)
        found.setdefault(by_column[document], []).append(goods)
    return {key: tuple(goods) for key, goods in found.items()}
