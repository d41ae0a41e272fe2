"""Keep the receiver's own verdict about an event, and tell it to the sender of the thing."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.actions.commands import Command, Done, keep, kept
from services.notifications.actions.intake import tell
from services.notifications.domain import event_payloads
from services.notifications.domain.audience import others_than
from services.notifications.store import acknowledgements, events
from shared.contracts.fields import write_moment
from shared.contracts.messages import Sender
from shared.contracts.parties import Party
from shared.contracts.webhooks import Acknowledgement
from shared.problems import NotFound


async def acknowledge(
    engine: AsyncEngine,
    event: UUID,
    verdict: Acknowledgement,
    party: Party,
    command: Command,
    *,
    id: UUID,
    at: datetime,
) -> Done:
    """Keep a verdict about an event the party could hear; a later one counts, an earlier stays. Raises NotFound."""
    async with engine.begin() as conn:
        await events.lock(conn)
        if (done := await kept(conn, command, at=at)) is not None:
            return done
        heard = await acknowledgements.heard(conn, event, party.id)
        if heard is None:
            raise NotFound
        said = {"outcome": verdict.outcome, "message": verdict.message}
        row = {"id": id, "position": heard["position"], "party_id": party.id, "at": at, **said}
        await acknowledgements.add(conn, row)
        await _tell_sender(conn, event, heard, verdict, party, at=at)
        return await keep(conn, command, {"event_id": str(event), **said, "at": write_moment(at)})


async def _tell_sender(
    conn: AsyncConnection, event: UUID, heard: RowMapping, verdict: Acknowledgement, by: Party, *, at: datetime
) -> None:
    """Tell the sender, unless there is none or it is the sender itself that speaks."""
    if heard["sender"] is None:
        return
    audience = others_than(by, Sender.model_validate_json(json.dumps(heard["sender"])))
    if audience is None:
        return
    data = event_payloads.acknowledged(heard["body"], heard["subject"], verdict, by=by.id, at=at)
    subject, topics = event_payloads.event_subject(event), heard["topics"] or ()
    await tell(conn, event_payloads.ACKNOWLEDGED, subject, event, data, audience, topics=topics, at=at)
