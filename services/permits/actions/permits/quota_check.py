"""Compare new permits with the quotas, under the lock of each quota, before the permits are written.

The hub rejects a permit of its own authorities that exceeds a quota. A permit that was issued outside the hub is
registered even if it exceeds a quota. The check of a declaration that cites it then gives a finding.
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
    """Return the new permits that would exceed a quota, by id, each with its error. The others fit in together."""
    issued_here = [permit for permit in new_permits if permit.registering_country == permit.content.issuer]
    return (
        quota_exceeded_errors(*await quota_usage.lock_remaining(conn, issued_here, replaced_permit=replaced_permit))
        if issued_here
        else {}
    )


async def require_within_quota(conn: AsyncConnection, changes: ChangeSet) -> None:
    """Raise Invalid (422 `quota-exceeded`) if a change set issues a permit that would exceed a quota."""
    for change in changes.permits:
        if change.permit.sequence == 0:
            for error in (
                await list_over_quota(conn, [change.permit], replaced_permit=change.permit.replaces)
            ).values():
                raise error
