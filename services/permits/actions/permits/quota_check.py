"""A quota is scarce: what new permits would take of it is looked at under its lock, before any of them is written.

An authority of the hub is refused what is not left. A permit that was issued elsewhere is a fact and is registered;
where it passed the quota, the check of who cites it says so.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.reference.quotas import quota_exceeded_errors
from services.permits.store import quota_usage
from shared.problems import Invalid


async def list_over_quota(
    conn: AsyncConnection, new_permits: Sequence[PermitRecord], *, replaced_permit: UUID | None = None
) -> dict[UUID, Invalid]:
    """Answer which of these new permits would pass a quota, each with its refusal; the others fit together."""
    issued_here = [permit for permit in new_permits if permit.registering_country == permit.content.issuer]
    return (
        quota_exceeded_errors(*await quota_usage.lock_remaining(conn, issued_here, replaced_permit=replaced_permit))
        if issued_here
        else {}
    )


async def require_within_quota(conn: AsyncConnection, changes: ChangeSet) -> None:
    """Refuse a decision that issues a permit which would pass a quota (422 `quota-exceeded`)."""
    for change in changes.permits:
        if change.permit.sequence == 0:
            for error in (
                await list_over_quota(conn, [change.permit], replaced_permit=change.permit.replaces)
            ).values():
                raise error
