"""What permits take of quotas, written as they are issued: each in its turn, under the lock of the quota.

What is written does not depend on whether it fits: a document that was issued elsewhere is a fact, and so is one that
was issued before its quota was known. The running total, itself included, says for each line whether it passed the
quota; of those before it, the ones revoked or replaced take nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference.facts import Facts, Taking
from services.permits.domain.reference.quotas import QuotaOnFile, Share, shares, told
from services.permits.domain.values import PermitOnFile
from services.permits.store import permits, species_listings
from services.permits.store import tables as t
from services.permits.store import to_row as w
from services.permits.store.quotas import GIVEN_BACK, taken_of
from services.permits.store.tables import quota_takings, quotas
from shared.contracts.parties import Act
from shared.database import among, change_many, columns, many

TAKING = ("quota_id", "permit_id", "line", "quantity", "at")
TOLD = ("sequence", "told")
ONCE = "ON CONFLICT (quota_id, permit_id, line) DO NOTHING"


async def room(
    conn: AsyncConnection, issued: Sequence[PermitOnFile], *, instead_of: UUID | None = None
) -> tuple[list[Share], list[QuotaOnFile], dict[UUID, Decimal]]:
    """Lock the quotas that new permits fall under; answer what they would take, of which, and what is left of each.

    What the permit that one of them replaces took is left again.
    """
    taken = await _shares(conn, issued)
    if not taken:
        return [], [], {}
    locked = await _locked(conn, sorted({share.quota for share in taken}))
    before = taken_of(quotas.c.id, besides=instead_of)
    query = select(quotas.c.id, (quotas.c.amount - before).label("left")).where(among(quotas.c.id, list(locked)))
    return taken, list(locked.values()), {row.id: row.left for row in await conn.execute(query)}


async def _shares(conn: AsyncConnection, issued: Sequence[PermitOnFile]) -> list[Share]:
    exporting = [permit for permit in issued if permit.terms.kind == "export"]
    if not exporting:
        return []
    await conn.execute(_BESIDE_LOADS)
    found = await _of_countries(conn, exporting)
    if not found:
        return []
    names = {line.terms.taxon for permit in exporting for line in permit.lines.values()}
    return shares(exporting, found, Facts(await species_listings.find(conn, names)))


async def take(conn: AsyncConnection, issued: Sequence[PermitOnFile], by: Act) -> None:
    """Let new permits take what they grant of the quotas they fall under, and tell what is near its end or used up."""
    taken = await _shares(conn, issued)
    if not taken:
        return
    locked = await _locked(conn, sorted({share.quota for share in taken}))
    rows = [
        {"quota_id": s.quota, "permit_id": s.permit.id, "line": s.line, "quantity": s.quantity, "at": by.at}
        for s in taken
    ]
    await conn.execute(many(quota_takings, TAKING, ending=ONCE), columns(rows, TAKING))
    await _tell(conn, locked, taken, by)


async def _of_countries(conn: AsyncConnection, issued: Sequence[PermitOnFile]) -> list[QuotaOnFile]:
    """Read the quotas of the permits' countries and years."""
    c = quotas.c
    days = [permit.terms.issued_on for permit in issued]
    query = select(quotas).where(
        c.country.in_(sorted({permit.terms.export_country for permit in issued})),
        c.starts <= max(days),
        c.ends >= min(days),
        c.ended_on.is_(None),
    )
    return [_quota(row) for row in (await conn.execute(query)).mappings()]


async def _locked(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, QuotaOnFile]:
    c = quotas.c
    query = select(quotas).where(among(c.id, ids)).order_by(c.id).with_for_update(key_share=True)
    return {row["id"]: _quota(row) for row in (await conn.execute(query)).mappings()}


def _quota(row: object) -> QuotaOnFile:
    values = {name: row[name] for name in QuotaOnFile.__dataclass_fields__}  # type: ignore[index]
    codes = {name: tuple(values[name]) for name in ("terms", "sources", "purposes")}
    return QuotaOnFile(**{**values, **codes})


async def _tell(conn: AsyncConnection, locked: dict[UUID, QuotaOnFile], taken: Sequence[Share], by: Act) -> None:
    query = select(quotas.c.id, taken_of(quotas.c.id).label("taken")).where(among(quotas.c.id, list(locked)))
    sums: dict[UUID, Decimal] = {row.id: row.taken for row in await conn.execute(query)}
    changes = [told(locked[id], sums[id], taken, by) for id in sorted(locked)]
    rows = [{"id": change.quota, "sequence": change.sequence, "told": change.told} for change in changes]
    await conn.execute(change_many(quotas, ("id",), TOLD), columns(rows, ("id", *TOLD)))
    letters = [
        w.news_row(f"quota:{change.quota}", change.sequence, change.move, change.data, change.hearers.model_dump_json())
        for change in changes
        if change.move is not None
    ]
    if letters:
        await conn.execute(many(t.news, w.NEWS), columns(letters, w.NEWS))


async def of(conn: AsyncConnection, cited: Sequence[UUID]) -> dict[tuple[UUID, str], tuple[Taking, ...]]:
    """Answer what the lines of permits take of quotas, each with the running total up to and including it."""
    if not cited:
        return {}
    mine, before, standing = quota_takings.alias("mine"), quota_takings.alias("before"), t.permits.alias("standing")
    total = (
        select(func.sum(before.c.quantity))
        .select_from(before.join(standing, standing.c.id == before.c.permit_id))
        .where(before.c.quota_id == mine.c.quota_id, before.c.number <= mine.c.number)
        .where((standing.c.status.not_in(GIVEN_BACK)) | (before.c.number == mine.c.number))
        .scalar_subquery()
    )
    c = quotas.c
    query = (
        select(mine.c.permit_id, mine.c.line, c.id, c.taxon, c.amount, total.label("total"), c.unit, c.starts, c.ends)
        .select_from(mine.join(quotas, c.id == mine.c.quota_id))
        .where(among(mine.c.permit_id, cited), c.ended_on.is_(None))
    )
    found: dict[tuple[UUID, str], tuple[Taking, ...]] = {}
    for permit, line, *taking in await conn.execute(query):
        found[permit, line] = (*found.get((permit, line), ()), Taking(*taking))
    return found


PORTION = 500
TAKING_TURNS = 0x5A01C
"""The advisory lock that issuers share, and that is held alone after a load of quotas: of a permit and a quota that
come at the same moment one sees the other. Whoever waits for it alone holds no quota."""
_BESIDE_LOADS = text(f"SELECT pg_advisory_xact_lock_shared({TAKING_TURNS})")
_ALONE = text(f"SELECT pg_advisory_xact_lock({TAKING_TURNS})")


async def wait_for_issuers(conn: AsyncConnection) -> None:
    """Wait until nobody is issuing who may not have seen the quotas that stand now, and hold up who comes."""
    await conn.execute(_ALONE)


async def catch_up(conn: AsyncConnection, version: int, at: datetime) -> None:
    """Let permits that were issued before a load of quotas take their part of what it brought, in their order.

    They are not locked: an officer may hold one and wait for a quota that this load has written.
    """
    fresh = select(quotas.c.country).where(quotas.c.version == version)
    span = (await conn.execute(select(func.min(quotas.c.starts)).where(quotas.c.version == version))).scalar_one()
    p, last = t.permits.c, UUID(int=0)
    while span is not None:
        query = (
            select(p.id)
            .where(p.id > last, p.kind == "export", p.valid_until >= span, p.export_country.in_(fresh))
            .where(p.status.not_in(GIVEN_BACK))
            .order_by(p.id)
            .limit(PORTION)
        )
        ids = list((await conn.execute(query)).scalars())
        if not ids:
            return
        found = await permits.read(conn, ids)
        await take(conn, [found[id] for id in ids if id in found], Act(party=None, role="rules", at=at))
        last = ids[-1]
