"""A quota is scarce: what new permits would take of it is looked at under its lock, before any of them is written.

An authority of the hub is refused what is not left. A permit that was issued elsewhere is a fact and is registered;
where it passed the quota, the check of who cites it says so.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference.quotas import refusals
from services.permits.domain.values import Outcome, PermitOnFile
from services.permits.store import quota_usage
from shared.problems import Invalid


async def refused(
    conn: AsyncConnection, issued: Sequence[PermitOnFile], *, instead_of: UUID | None = None
) -> dict[UUID, Invalid]:
    """Answer which of these new permits would pass a quota, each with its refusal; the others fit together."""
    here = [permit for permit in issued if permit.registering_country == permit.terms.issuer]
    return refusals(*await quota_usage.room(conn, here, instead_of=instead_of)) if here else {}


async def must_fit(conn: AsyncConnection, outcome: Outcome) -> None:
    """Refuse a decision that issues a permit which would pass a quota (422 `quota-exceeded`)."""
    for change in outcome.permits:
        if change.permit.sequence == 0:
            for no in (await refused(conn, [change.permit], instead_of=change.permit.replaces)).values():
                raise no
