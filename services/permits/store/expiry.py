"""Which permits are over by their dates, told in SQL as reading tells it: each by the day it is where it was issued."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.permits.expiry import EXPIRABLE, NOTICE_PERIOD
from services.permits.store import tables as t
from shared.cites.time_zones import days_in_last_zones


def can_expire() -> ColumnElement[bool]:
    """Say which permits may end by their dates: none that was used up, lost or withdrawn."""
    return t.permits.c.status.in_(sorted(EXPIRABLE))


def is_past_validity(at: datetime) -> ColumnElement[bool]:
    """Say which permits' last day is over in the last zone of their issuer; the first half is for the index."""
    until = t.permits.c.valid_until
    return and_(until < max(days_in_last_zones(at).values()), until < _today(at))


def _today(at: datetime) -> ColumnElement[date]:
    """Answer the day it is for each permit's issuer: at any moment there are at most three."""
    days = days_in_last_zones(at)
    groups = {day: sorted(country for country, its in days.items() if its == day) for day in set(days.values())}
    usual = max(groups, key=lambda day: len(groups[day]))
    others = [(t.permits.c.issuer.in_(countries), literal(day)) for day, countries in groups.items() if day != usual]
    return case(*others, else_=literal(usual)) if others else literal(usual)


async def list_due_notices(conn: AsyncConnection, at: datetime, *, limit: int) -> Sequence[UUID]:
    """Answer permits with an expiry notice due, of their coming end or of their end."""
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
