"""Quotas of countries on a day, and the quantities that permits take of them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.from_row import Row
from services.permits.store.tables import permits, quota_amounts, quota_usage, quotas

UNCOUNTED_STATUSES = ("revoked", "replaced")
"""Statuses of a permit that no longer counts in a quota."""


async def list_quotas_in_force(conn: AsyncConnection, country: str | None, day: date) -> Sequence[Row]:
    """List the quotas in force on a day, of one country or all, with their amount then and the quantity `used`."""
    c, a = quotas.c, quota_amounts.c
    amount_query = (
        select(a.amount, a.note).where(a.quota_id == c.id, a.since <= day).order_by(a.version.desc()).limit(1)
    )
    amount_then = amount_query.correlate(quotas).lateral("amount_then")
    other_columns = [column for column in c if column.name not in {"amount", "note"}]
    query = (
        select(*other_columns, amount_then.c.amount, amount_then.c.note, quantity_used(c.id).label("used"))
        .join(amount_then, true())
        .where(c.starts <= day, c.ends >= day, or_(c.ended_on.is_(None), c.ended_on > day))
        .order_by(c.country, c.taxon_key, c.id)
    )
    if country is not None:
        query = query.where(c.country == country)
    return (await conn.execute(query)).mappings().all()


def quantity_used(quota: ColumnElement[UUID], *, except_permit: UUID | None = None) -> ScalarSelect[Decimal]:
    """Return an expression for the sum that permits take of a quota, in the quota's unit.

    Revoked and replaced permits do not count, and neither does `except_permit`.
    """
    q = quota_usage.c
    is_counted = permits.c.status.not_in(UNCOUNTED_STATUSES)
    return (
        select(func.coalesce(func.sum(q.quantity), 0))
        .select_from(quota_usage.join(permits, permits.c.id == q.permit_id))
        .where(q.quota_id == quota, is_counted, *([] if except_permit is None else [q.permit_id != except_permit]))
        .correlate(quotas)
        .scalar_subquery()
    )
