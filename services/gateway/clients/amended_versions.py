"""The amended versions of a declaration, as permits stores them."""

from uuid import UUID

from pydantic import ValidationError

from services.gateway.clients.internal import call_with_retry
from shared.contracts.messages import AmendedVersion, AmendedVersions
from shared.contracts.parties import Caller
from shared.service_client import ServiceClient, ServiceUnreachable


async def list_amended_versions(permits: ServiceClient, declaration_id: UUID) -> tuple[AmendedVersion, ...]:
    """Return the amended versions of a declaration, oldest first. Raise ServiceUnreachable."""
    path, caller = f"/internal/declarations/{declaration_id}/versions", Caller(service="gateway")
    reply = await call_with_retry(permits, "GET", path, caller=caller)
    if reply.status != 200:
        raise ServiceUnreachable(f"{permits.name} responded with {reply.status}")
    try:
        return AmendedVersions.model_validate_json(reply.body).versions
    except ValidationError as error:
        raise ServiceUnreachable(f"{permits.name} did not state the versions") from error
