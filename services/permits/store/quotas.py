"""Quotas of countries on a day, and the quantities that permits take of them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ScalarSelect, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.store.from_row import Row
from services.permits.store.tables import permits, quota_amounts, quota_usage, quotas
from shared.contracts.closed_sets import QuotaPeriod

UNCOUNTED_STATUSES = ("revoked", "replaced")
"""Statuses of a permit that no longer counts in a quota."""


async def list_quotas_in_force(conn: AsyncConnection, country: str | None, day: date) -> Sequence[Row]:
    """List the quotas in force on a day, with their amount then and the quantity `used` of the period of the day.

    With a country: its own quotas and those of each country, with the quantity that this country used.
    """
    c, a = quotas.c, quota_amounts.c
    amount_query = (
        select(a.amount, a.note).where(a.quota_id == c.id, a.since <= day).order_by(a.version.desc()).limit(1)
    )
    amount_then = amount_query.correlate(quotas).lateral("amount_then")
    other_columns = [column for column in c if column.name not in {"amount", "note"}]
    query = (
        select(*other_columns, amount_then.c.amount, amount_then.c.note, quantity_used(day, country).label("used"))
        .join(amount_then, true())
        .where(c.starts <= day, or_(c.ends.is_(None), c.ends >= day), or_(c.ended_on.is_(None), c.ended_on > day))
        .order_by(c.country, c.taxon_key, c.id)
    )
    if country is not None:
        query = query.where(c.country.in_((country, "")))
    return (await conn.execute(query)).mappings().all()


def quantity_used(day: date, country: str | None, *, except_permit: UUID | None = None) -> ScalarSelect[Decimal]:
    """Return an expression for the sum that permits take of the quota of a row, in the quota's unit.

    Only permits of the period of the quota that contains the day count. Revoked and replaced permits do not count, and
    neither does `except_permit`. With a country, only its exports count.
    """
    q, p = quota_usage.c, permits.c
    is_of_year = p.issued_on.between(date(day.year, 1, 1), date(day.year, 12, 31))
    conditions = [p.status.not_in(UNCOUNTED_STATUSES), or_(quotas.c.period == QuotaPeriod.ONCE, is_of_year)]
    if country is not None:
        conditions.append(p.export_country == country)
    if except_permit is not None:
        conditions.append(q.permit_id != except_permit)
    return (
        select(func.coalesce(func.sum(q.quantity), 0))
        .select_from(quota_usage.join(permits, p.id == q.permit_id))
        .where(q.quota_id == quotas.c.id, *conditions)
        .correlate(quotas)
        .scalar_subquery()
    )
