"""Claim what is due and settle what was tried: the two transactions a letter goes through."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.news import tell_owner
from services.notifications.domain import messages
from services.notifications.domain.letter import Letter
from services.notifications.domain.outcome import Outcome
from services.notifications.domain.schedule import next_attempt
from services.notifications.store import deliveries, endpoints, events, lanes
from shared.database import again


@dataclass(frozen=True, slots=True)
class Landed:
    """A letter that was tried, when, and what became of it."""

    letter: Letter
    at: datetime
    outcome: Outcome


async def claim(
    engine: AsyncEngine,
    claim: UUID,
    *,
    at: datetime,
    lease: timedelta,
    limit: int,
    share: int,
    rooms: Mapping[UUID, int],
) -> list[Letter]:
    """Take the next letters to send, at most `limit`; they are this claim's until the lease ends."""
    async with engine.begin() as conn:
        taken = await lanes.claim(conn, claim, at=at, ends=at + lease, limit=limit, share=share, rooms=rooms)
        if not taken:
            return []
        heads = await lanes.heads(conn, taken, at=at)
        waiting = {(row["endpoint_id"], row["subject"]): row["attempts"] for row in taken}
        letters = [_letter(claim, row, waiting.pop((row["endpoint_id"], row["subject"]))) for row in heads]
        await lanes.advance(conn, [{"endpoint_id": id, "subject": subject} for id, subject in waiting], at=at)
    return letters


def _letter(claim: UUID, row: RowMapping, attempts: int) -> Letter:
    return Letter(
        claim=claim,
        endpoint_id=row["endpoint_id"],
        subject=row["subject"],
        attempts=attempts,
        delivery_id=row["delivery_id"],
        event_id=row["event_id"],
        body=row["body"].encode(),
        url=row["url"],
        secrets=tuple(row["secrets"] or ()),
    )


async def settle(engine: AsyncEngine, landed: Sequence[Landed], *, at: datetime, schedule: Sequence[timedelta]) -> None:
    """Write the attempts, and move on the lanes whose claims still hold: further, later, or to the next letter.

    A lane that another claim has taken since is left alone; what was tried stays written.
    """
    rows = [_row(one, schedule) for one in landed]

    async def work() -> None:
        async with engine.begin() as conn:
            await deliveries.record(conn, [_attempt(one) for one in landed])
            held = await lanes.held(conn, rows)
            ours = [row for row in rows if (row["endpoint_id"], row["subject"]) in held]
            ended = [row for row in ours if row["due_at"] is None]
            await deliveries.settle(conn, ended, at=at)
            await lanes.put_off(conn, [row for row in ours if row["due_at"] is not None])
            await lanes.advance(conn, ended, at=at)

    await again(work)
    for endpoint, url in {(one.letter.endpoint_id, one.letter.url) for one in landed if one.outcome.gone}:
        await disable(engine, endpoint, url, reason="the receiver answered 410 Gone", at=at)


async def disable(engine: AsyncEngine, endpoint: UUID, url: str, *, reason: str, at: datetime) -> None:
    """Send an endpoint nothing more, and tell its owner so by all other ways.

    One that is not active, or has another URL by now, is left as it is.
    """
    async with engine.begin() as conn:
        await events.lock(conn)
        owner = await endpoints.disable(conn, endpoint, url, reason=reason)
        if owner is not None:
            data = {"url": url, "reason": reason}
            await tell_owner(conn, messages.DISABLED, endpoint, data, to=[owner], at=at)


def _row(one: Landed, schedule: Sequence[timedelta]) -> dict[str, Any]:
    letter, outcome, tried = one.letter, one.outcome, one.letter.attempts + 1
    due = None if outcome.delivered else next_attempt(tried, outcome, one.at, random.random(), schedule=schedule)  # noqa: S311
    return {
        "claim": letter.claim,
        "endpoint_id": letter.endpoint_id,
        "subject": letter.subject,
        "delivery_id": letter.delivery_id,
        "status": "delivered" if outcome.delivered else "given_up",
        "due_at": due,
        "attempts": tried,
    }


def _attempt(one: Landed) -> dict[str, Any]:
    outcome = one.outcome
    return {
        "delivery_id": one.letter.delivery_id,
        "claim": one.letter.claim,
        "at": one.at,
        "duration_ms": outcome.duration_ms,
        "status": outcome.status,
        "reason": outcome.reason,
        "answer": outcome.answer,
    }
