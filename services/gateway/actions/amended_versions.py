"""The versions of stored amendments, read from permits after a cut.

The gateway stores the bytes of an amendment, then permits makes the version, then the gateway stores its number. If the
gateway dies between the last two, the bytes have no version yet.
"""

from uuid import UUID

from services.gateway.actions.context import GatewayContext
from services.gateway.clients.amended_versions import list_amended_versions
from services.gateway.store import amendments
from shared.contracts.fields import render_digest
from shared.service_client import ServiceUnreachable, service_unavailable


async def store_missing_versions(context: GatewayContext, declaration_id: UUID) -> bool:
    """Store the versions that permits made of amendments without one. Return whether there are any.

    Raise Unavailable if permits is away and there may be some.
    """
    async with context.engine.connect() as conn:
        waiting = await amendments.list_without_version(conn, declaration_id)
    if not waiting:
        return False
    try:
        versions = await list_amended_versions(context.permits, declaration_id)
    except ServiceUnreachable:
        raise service_unavailable("permits") from None
    by_command = {found.command: found.version for found in versions if found.command is not None}
    by_digest = {found.digest: found.version for found in versions if found.command is None}
    made = [
        (row, version)
        for row in waiting
        if (version := by_command.get(row["command_id"]) or by_digest.pop(render_digest(row["digest"]), None))
    ]
    async with context.engine.begin() as conn:
        for row, version in made:
            await amendments.set_version(conn, row["command_id"], row["digest"], version)
    return bool(made)
