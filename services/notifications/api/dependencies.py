"""Who calls: a party whose copy is brought up to date from its token on the way in."""

from typing import Annotated

from fastapi import Depends, Request

from services.notifications.actions.endpoint_policy import EndpointPolicy
from services.notifications.actions.parties import update_copies
from shared.contracts.parties import Party
from shared.database import Engine, now
from shared.internal_auth import CallingParty

MAX_CACHED_PARTIES = 10_000


def engine(request: Request) -> Engine:
    """Answer the service's database."""
    found: Engine = request.app.state.engine
    return found


def endpoint_policy(request: Request) -> EndpointPolicy:
    """Answer what the operator decided about endpoints."""
    found: EndpointPolicy = request.app.state.endpoint_policy
    return found


async def sync_party(request: Request, party: CallingParty) -> Party:
    """Answer the calling party, known to this service's copy in the version its token carries."""
    versions: dict[object, int] = request.app.state.party_versions
    if versions.get(party.id, 0) < party.version:
        await update_copies(engine(request), [party], at=now())
        if len(versions) >= MAX_CACHED_PARTIES:
            versions.clear()
        versions[party.id] = party.version
    return party


SyncedParty = Annotated[Party, Depends(sync_party)]
