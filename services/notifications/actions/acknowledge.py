"""Keep the receiver's own verdict about an event."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.commands import Command, Done, keep, kept
from services.notifications.store import acknowledgements
from shared.contracts.webhooks import Acknowledgement
from shared.contracts.words import write_moment
from shared.problems import NotFound


async def acknowledge(
    engine: AsyncEngine, event: UUID, verdict: Acknowledgement, command: Command, *, id: UUID, at: datetime
) -> Done:
    """Keep a verdict about an event the party could hear; a later one counts, an earlier stays. Raises NotFound."""
    async with engine.begin() as conn:
        if (done := await kept(conn, command, at=at)) is not None:
            return done
        position = await acknowledgements.heard(conn, event, command.party)
        if position is None:
            raise NotFound
        said = {"outcome": verdict.outcome, "message": verdict.message}
        await acknowledgements.add(conn, {"id": id, "position": position, "party_id": command.party, "at": at, **said})
        return await keep(conn, command, {"event_id": str(event), **said, "at": write_moment(at)})
