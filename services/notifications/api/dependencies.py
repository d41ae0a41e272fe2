"""Who calls: a party whose copy is brought up to date from its token on the way in."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from services.notifications.actions.endpoint_policy import House
from services.notifications.actions.parties import learn
from shared.contracts.parties import Party
from shared.database import now
from shared.internal_auth import AParty

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

MOST_REMEMBERED = 10_000


def engine(request: Request) -> "AsyncEngine":
    """Answer the service's database."""
    found: AsyncEngine = request.app.state.engine
    return found


def house(request: Request) -> House:
    """Answer what the operator decided about endpoints."""
    found: House = request.app.state.house
    return found


async def known(request: Request, party: AParty) -> Party:
    """Answer the calling party, known to this service's copy in the version its token carries."""
    versions: dict[object, int] = request.app.state.versions
    if versions.get(party.id, 0) < party.version:
        await learn(engine(request), [party], at=now())
        if len(versions) >= MOST_REMEMBERED:
            versions.clear()
        versions[party.id] = party.version
    return party


Known = Annotated[Party, Depends(known)]
