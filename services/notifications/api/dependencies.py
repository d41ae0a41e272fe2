"""The context of notifications, and the party that calls."""

from typing import Annotated

from fastapi import Depends, Request

from services.notifications.actions.context import NotificationsContext
from shared.contracts.parties import Party
from shared.database import now
from shared.internal_auth import CallingParty


async def read_context(request: Request) -> NotificationsContext:
    """Return the context of this process. It is a coroutine, because FastAPI runs a plain function in a thread."""
    context: NotificationsContext = request.app.state.context
    return context


Context = Annotated[NotificationsContext, Depends(read_context)]


async def sync_party(context: Context, party: CallingParty) -> Party:
    """Return the calling party, after an update of this service's copy of it from the token."""
    await context.party_copies.bring_up_to_date(party, at=now())
    return party


SyncedParty = Annotated[Party, Depends(sync_party)]
