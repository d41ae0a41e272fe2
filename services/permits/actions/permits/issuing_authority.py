"""The office that may write a permit: the issuer's authority, or the registering country's until the issuer has one.

An authority that the administrator disabled counts as present, because its country has not given up its permits.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.conflict_of_interest import require_goods_of_others
from services.permits.store import parties, permits
from shared.contracts.parties import Party
from shared.contracts.permit import Permit
from shared.idempotency import IdempotentCommand
from shared.problems import NotAllowed, NotFound


async def require_issuing_authority(conn: AsyncConnection, party: Party, content: Permit) -> None:
    """Raise NotAllowed unless the party is the issuer's authority, and the permit is for others.

    If the issuer has no authority on the hub, the importing country's authority may register the permit.
    """
    require_goods_of_others(content, party)
    if content.issuer == party.country:
        return
    if content.import_country == party.country and not await parties.lock_has_authority(conn, content.issuer):
        return
    detail = (
        f"The authority of {content.issuer} writes the permits of {content.issuer}. Yours is the "
        f"authority of {party.country}. Correct `issuer`."
    )
    raise NotAllowed("not-the-issuing-authority", detail)


async def require_power_of_registrar(conn: AsyncConnection, permit: PermitRecord, action: str) -> None:
    """Raise NotAllowed if the issuer of a permit that another country registered has an authority now.

    `action` ends the detail: it names the office that can act now.
    """
    issuer = permit.content.issuer
    if await parties.lock_has_authority(conn, issuer):
        detail = (
            f"{issuer} has an authority on the hub. So the power of {permit.registering_country} over permit "
            f"{permit.content.number} has ended: {action}"
        )
        raise NotAllowed("issuer-has-authority", detail)


async def lock_own_permit(
    conn: AsyncConnection, permit_id: UUID, party: Party, command: IdempotentCommand
) -> PermitRecord:
    """Return the permit, locked, if this authority may write it. Raise NotFound, NotAllowed, Conflict (version)."""
    permit = (await permits.lock(conn, [permit_id])).get(permit_id)
    if permit is None or party.country not in {permit.content.issuer, permit.registering_country}:
        raise NotFound
    if party.country != permit.content.issuer:
        issuer = permit.content.issuer
        await require_power_of_registrar(conn, permit, f"ask the authority of {issuer}, which writes its permits.")
    command.condition.require(permit.version)
    return permit
