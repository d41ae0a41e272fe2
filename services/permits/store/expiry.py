"""The expiry of permits in SQL, by the same rule as `domain.permits.expiry`: the day in the issuer's last time zone."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.permits.expiry import EXPIRABLE, NOTICE_PERIOD
from services.permits.store import tables as t
from shared.cites.time_zones import days_in_last_zones


def can_expire() -> ColumnElement[bool]:
    """Return the condition on permits that can expire: those not used up, lost, revoked or replaced."""
    return t.permits.c.status.in_(sorted(EXPIRABLE))


def is_past_validity(at: datetime) -> ColumnElement[bool]:
    """Return the condition on permits whose last day is over in the last time zone of their issuer.

    Its first half says less, but can use the index.
    """
    until = t.permits.c.valid_until
    return and_(until < max(days_in_last_zones(at).values()), until < _today(at))


def _today(at: datetime) -> ColumnElement[date]:
    """Return the current day of each permit's issuer as an expression. At most three days exist at one moment."""
    days = days_in_last_zones(at)
    groups = {day: sorted(country for country, its in days.items() if its == day) for day in set(days.values())}
    usual = max(groups, key=lambda day: len(groups[day]))
    others = [(t.permits.c.issuer.in_(countries), literal(day)) for day, countries in groups.items() if day != usual]
    return case(*others, else_=literal(usual)) if others else literal(usual)


async def list_due_notices(conn: AsyncConnection, at: datetime, *, limit: int) -> Sequence[UUID]:
    """List permits with a notice due, before or after their expiry."""
    c = t.permits.c
    horizon = max(days_in_last_zones(at).values()) + NOTICE_PERIOD
    near = and_(c.notice_level == 0, c.valid_until <= horizon, c.valid_until <= _today(at) + NOTICE_PERIOD.days)
    expired = and_(c.notice_level == 1, is_past_validity(at))
    query = (
        select(c.id)
        .where(c.notice_level < 2, can_expire(), or_(near, expired))
        .order_by(c.valid_until, c.id)
        .limit(limit)
    )
    return (await conn.execute(query)).scalars().all()
