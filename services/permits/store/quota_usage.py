"""The quantities that permits take of quotas. They are written when a permit is issued, under the lock of the quota.

A quantity is written even if it exceeds the quota: permits that were issued outside the hub or before the quota was
loaded are facts. The running total up to and including a line shows whether the line exceeded the quota. Revoked and
replaced permits do not count in it.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from sqlalchemy import case, extract, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.facts import Facts, QuotaUsage
from services.permits.domain.reference.quotas import (
    LineQuotaUsage,
    QuotaNotice,
    QuotaRecord,
    QuotaScope,
    quota_notice,
    quota_period,
    quota_shares,
)
from services.permits.store import permits, species_listings
from services.permits.store import tables as t
from services.permits.store import to_row as w
from services.permits.store.quotas import UNCOUNTED_STATUSES, quantity_used
from services.permits.store.tables import quota_notices, quota_usage, quotas
from shared.contracts.closed_sets import ActorRole, PermitKind, QuotaPeriod, Unit
from shared.contracts.parties import Actor
from shared.contracts.quantities import EXACT
from shared.database import bulk_insert, bulk_update, column_arrays, id_in

USAGE_COLUMNS = ("quota_id", "permit_id", "line", "quantity", "at")
NOTICE_COLUMNS = ("quota_id", "country", "starts", "notice_level")
ON_NOTICE_CONFLICT = "ON CONFLICT (quota_id, country, starts) DO UPDATE SET notice_level = excluded.notice_level"
ON_USAGE_CONFLICT = "ON CONFLICT (quota_id, permit_id, line) DO NOTHING"


async def lock_remaining(
    conn: AsyncConnection, new_permits: Sequence[PermitRecord], *, replaced_permit: UUID | None = None
) -> tuple[list[LineQuotaUsage], list[QuotaRecord], dict[QuotaScope, Decimal]]:
    """Lock the quotas that apply to new permits. Return the usage of each line, the quotas, and what is left by scope.

    The quantity of the permit that one of them replaces counts as left.
    """
    line_usage = await _list_line_usage(conn, new_permits)
    if not line_usage:
        return [], [], {}
    locked = await _lock_quotas(conn, sorted({share.scope.quota for share in line_usage}))
    used = await _sum_usage(conn, {share.scope for share in line_usage}, except_permit=replaced_permit)
    remaining = {scope: EXACT.subtract(locked[scope.quota].amount, used[scope]) for scope in used}
    return line_usage, list(locked.values()), remaining


async def _sum_usage(
    conn: AsyncConnection, scopes: Collection[QuotaScope], *, except_permit: UUID | None = None
) -> dict[QuotaScope, Decimal]:
    """Return the quantity that permits take in each scope. All scopes of a country and year are read at once."""
    sums: dict[QuotaScope, Decimal] = {}
    groups = groupby(sorted(scopes, key=_country_and_year), key=_country_and_year)
    for (country, year), group in groups:
        scope_by_quota = {scope.quota: scope for scope in group}
        used = quantity_used(date(year, 1, 1), country, except_permit=except_permit)
        query = select(quotas.c.id, used.label("used")).where(id_in(quotas.c.id, list(scope_by_quota)))
        sums |= {scope_by_quota[row.id]: row.used for row in await conn.execute(query)}
    return sums


def _country_and_year(scope: QuotaScope) -> tuple[str, int]:
    return scope.country, scope.starts.year


async def _list_line_usage(conn: AsyncConnection, new_permits: Sequence[PermitRecord]) -> list[LineQuotaUsage]:
    export_permits = [permit for permit in new_permits if permit.content.kind == PermitKind.EXPORT]
    if not export_permits:
        return []
    await conn.execute(_SHARE_ISSUING_LOCK)
    found = await _quotas_of_countries(conn, export_permits)
    if not found:
        return []
    names = {line.content.taxon for permit in export_permits for line in permit.lines.values()}
    return quota_shares(export_permits, found, Facts(listings=await species_listings.load_listings(conn, names)))


async def record_usage(conn: AsyncConnection, new_permits: Sequence[PermitRecord], actor: Actor) -> None:
    """Store the quantities that new permits take of their quotas. Write events for quotas at 80 and 100 per cent."""
    line_usage = await _list_line_usage(conn, new_permits)
    if not line_usage:
        return
    locked = await _lock_quotas(conn, sorted({share.scope.quota for share in line_usage}))
    rows = [
        {"quota_id": s.scope.quota, "permit_id": s.permit.id, "line": s.line, "quantity": s.quantity, "at": actor.at}
        for s in line_usage
    ]
    await conn.execute(
        bulk_insert(quota_usage, USAGE_COLUMNS, suffix=ON_USAGE_CONFLICT), column_arrays(rows, USAGE_COLUMNS)
    )
    await _write_notices(conn, locked, line_usage, actor)


async def _quotas_of_countries(conn: AsyncConnection, new_permits: Sequence[PermitRecord]) -> list[QuotaRecord]:
    """Return the quotas of the permits' countries, and of each country, between their first and last day of issue."""
    c = quotas.c
    days = [permit.content.issued_on for permit in new_permits]
    query = select(quotas).where(
        c.country.in_(["", *sorted({permit.content.export_country for permit in new_permits})]),
        c.starts <= max(days),
        or_(c.ends.is_(None), c.ends >= min(days)),
        c.ended_on.is_(None),
    )
    return [_quota_from_row(row) for row in (await conn.execute(query)).mappings()]


async def _lock_quotas(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, QuotaRecord]:
    c = quotas.c
    query = select(quotas).where(id_in(c.id, ids)).order_by(c.id).with_for_update(key_share=True)
    return {row["id"]: _quota_from_row(row) for row in (await conn.execute(query)).mappings()}


def _quota_from_row(row: object) -> QuotaRecord:
    values = {name: row[name] for name in QuotaRecord.__dataclass_fields__}  # type: ignore[index]
    codes = {name: tuple(values[name]) for name in ("terms", "sources", "purposes")}
    return QuotaRecord(**{**values, **codes, "unit": Unit(values["unit"]), "period": QuotaPeriod(values["period"])})


async def _write_notices(
    conn: AsyncConnection, locked: dict[UUID, QuotaRecord], line_usage: Sequence[LineQuotaUsage], actor: Actor
) -> None:
    scopes = {share.scope for share in line_usage}
    sums, levels = await _sum_usage(conn, scopes), await _read_notice_levels(conn, locked)
    changes: list[QuotaNotice] = []
    quotas_by_id = dict(locked)
    for scope in sorted(scopes):
        quota = quotas_by_id[scope.quota]
        change = quota_notice(quota, scope, sums[scope], line_usage, last_level=levels.get(scope, 0), actor=actor)
        quotas_by_id[scope.quota] = replace(quota, sequence=change.sequence)
        changes.append(change)
    await _write_notice_levels(conn, [one for one in changes if one.notice_level != levels.get(one.scope, 0)])
    messages = [
        w.outbox_event_row("quota", change.scope.quota, change.event, change.audience.model_dump_json())
        for change in changes
        if change.event is not None
    ]
    if messages:
        sequences = [{"id": quota.id, "sequence": quota.sequence} for quota in quotas_by_id.values()]
        await conn.execute(bulk_update(quotas, ("id",), ("sequence",)), column_arrays(sequences, ("id", "sequence")))
        await conn.execute(
            bulk_insert(t.outbox_events, w.OUTBOX_EVENT_COLUMNS), column_arrays(messages, w.OUTBOX_EVENT_COLUMNS)
        )


async def _read_notice_levels(conn: AsyncConnection, locked: Collection[UUID]) -> dict[QuotaScope, int]:
    """Return the share of the last notice by scope, in per cent. The lock of the quotas protects them."""
    c = quota_notices.c
    rows = await conn.execute(select(quota_notices).where(id_in(c.quota_id, list(locked))))
    return {QuotaScope(row.quota_id, row.country, row.starts): row.notice_level for row in rows}


async def _write_notice_levels(conn: AsyncConnection, changes: Sequence[QuotaNotice]) -> None:
    if not changes:
        return
    rows = [
        {
            "quota_id": change.scope.quota,
            "country": change.scope.country,
            "starts": change.scope.starts,
            "notice_level": change.notice_level,
        }
        for change in changes
    ]
    await conn.execute(
        bulk_insert(quota_notices, NOTICE_COLUMNS, suffix=ON_NOTICE_CONFLICT), column_arrays(rows, NOTICE_COLUMNS)
    )


async def usage_by_permit(
    conn: AsyncConnection, cited: Sequence[UUID]
) -> dict[tuple[UUID, str], tuple[QuotaUsage, ...]]:
    """Return the quantities that permit lines take of quotas, each with the running total up to and including it."""
    if not cited:
        return {}
    own, before = quota_usage.alias("own"), quota_usage.alias("before")
    own_permits, counted_permits = t.permits.alias("own_permits"), t.permits.alias("counted_permits")
    c = quotas.c
    is_same_period = or_(
        c.period == QuotaPeriod.ONCE,
        extract("year", counted_permits.c.issued_on) == extract("year", own_permits.c.issued_on),
    )
    total = (
        select(func.sum(before.c.quantity))
        .select_from(before.join(counted_permits, counted_permits.c.id == before.c.permit_id))
        .where(before.c.quota_id == own.c.quota_id, before.c.number <= own.c.number)
        .where((counted_permits.c.status.not_in(UNCOUNTED_STATUSES)) | (before.c.number == own.c.number))
        .where(counted_permits.c.export_country == own_permits.c.export_country, is_same_period)
        .correlate(own, own_permits, quotas)
        .scalar_subquery()
    )
    period_columns = (c.period, c.starts, c.ends, own_permits.c.issued_on)
    query = (
        select(own.c.permit_id, own.c.line, c.id, c.taxon, c.amount, total.label("total"), c.unit, *period_columns)
        .select_from(own.join(quotas, c.id == own.c.quota_id).join(own_permits, own_permits.c.id == own.c.permit_id))
        .where(id_in(own.c.permit_id, cited), c.ended_on.is_(None))
    )
    found: dict[tuple[UUID, str], tuple[QuotaUsage, ...]] = {}
    for row in await conn.execute(query):
        starts, ends = quota_period(QuotaPeriod(row.period), row.starts, row.ends, row.issued_on)
        usage = QuotaUsage(
            quota=row.id,
            taxon=row.taxon,
            amount=row.amount,
            total=row.total,
            unit=row.unit,
            starts=starts,
            ends=ends,
        )
        key = row.permit_id, row.line
        found[key] = (*found.get(key, ()), usage)
    return found


BATCH_SIZE = 500
ISSUING_LOCK = 0x5A01C
"""The advisory lock for the time between the read of quotas and the commit of new permits.

Transactions that issue permits share it. After a load of quotas, one transaction takes it exclusively. So if a permit
and a quota are written at the same moment, one transaction sees the row of the other. A transaction that waits for the
exclusive lock has not locked a quota yet.
"""
_SHARE_ISSUING_LOCK = select(func.pg_advisory_xact_lock_shared(ISSUING_LOCK))
_HOLD_ISSUING_LOCK = select(func.pg_advisory_xact_lock(ISSUING_LOCK))


async def wait_for_issuers(conn: AsyncConnection) -> None:
    """Wait for all transactions that issue permits and may not see the loaded quotas. Make later ones wait."""
    await conn.execute(_HOLD_ISSUING_LOCK)


async def record_usage_of_issued_permits(conn: AsyncConnection, version: int, at: datetime) -> None:
    """Store the quantities that issued permits take of the quotas of a load, in the order of issue.

    A quota that applies every year counts only permits since the year before: older permits have expired, so no
    declaration can use them. The permits are not locked: an officer's transaction may have locked one and wait for a
    quota of this load.
    """
    c, is_loaded = quotas.c, quotas.c.version == version
    loaded_countries = select(c.country).where(is_loaded)
    first_day = case((c.period == QuotaPeriod.ONCE, c.starts), else_=func.greatest(c.starts, date(at.year - 1, 1, 1)))
    earliest_start = (await conn.execute(select(func.min(first_day)).where(is_loaded))).scalar_one()
    is_of_country = or_(t.permits.c.export_country.in_(loaded_countries), literal("").in_(loaded_countries))
    p, last = t.permits.c, UUID(int=0)
    while earliest_start is not None:
        query = (
            select(p.id)
            .where(
                p.id > last,
                p.kind == PermitKind.EXPORT,
                p.valid_until >= earliest_start,
                is_of_country,
            )
            .where(p.status.not_in(UNCOUNTED_STATUSES))
            .order_by(p.id)
            .limit(BATCH_SIZE)
        )
        ids = list((await conn.execute(query)).scalars())
        if not ids:
            return
        found = await permits.read_many(conn, ids)
        await record_usage(
            conn,
            [found[permit_id] for permit_id in ids if permit_id in found],
            Actor(party=None, role=ActorRole.RULES, at=at),
        )
        last = ids[-1]
