"""Claim what is due and settle what was tried: the two transactions a letter goes through."""

import json
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.encryption_keys import Keys, Unreadable
from services.notifications.actions.intake import tell_owner
from services.notifications.domain import event_payloads
from services.notifications.domain.delivery_request import Letter
from services.notifications.domain.delivery_result import Outcome
from services.notifications.domain.rate_limit import allowance, next_free
from services.notifications.domain.retry_schedule import next_attempt
from services.notifications.store import deliveries, delivery_queues, endpoints, events, failure_streaks, rate_limits
from shared.database import again

PATIENCE = timedelta(days=5)
"""After so long with nothing but failures an endpoint is disabled."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A letter that was tried, when it set off, and what became of it."""

    letter: Letter
    at: datetime
    outcome: Outcome

    @property
    def ended(self) -> datetime:
        """Answer when it was over: from then on one waits, however long the receiver took to answer."""
        return self.at + timedelta(milliseconds=self.outcome.duration_ms)


async def claim(
    engine: AsyncEngine,
    claim: UUID,
    *,
    at: datetime,
    lease: timedelta,
    limit: int,
    share: int,
    shares: Mapping[UUID, int],
    keys: Keys,
) -> list[Letter]:
    """Take the next letters to send, at most `limit`; they are this claim's until the lease ends.

    Workers claim one after the other, so that what each endpoint may be sent at once is counted right over all of them;
    what is to be sent is read after that, and holds up nobody.
    """
    async with engine.begin() as conn:
        await delivery_queues.take_turn(conn)
        limits = await rate_limits.limits(conn, at=at)
        allowed = {id: allowance(rate, free_at, at) for id, (rate, free_at) in limits.items()}
        taken = await delivery_queues.claim(
            conn, claim, at=at, ends=at + lease, limit=limit, share=share, shares=shares, allowed=allowed
        )
        spent = Counter(row["endpoint_id"] for row in taken if row["endpoint_id"] in limits)
        await rate_limits.spend(conn, {id: next_free(*limits[id], at, letters) for id, letters in spent.items()})
    return await _read(engine, claim, taken, keys, at=at) if taken else []


async def _read(
    engine: AsyncEngine, claim: UUID, taken: Sequence[RowMapping], keys: Keys, *, at: datetime
) -> list[Letter]:
    """Read the letters at the heads of the lanes that were taken; lanes without any are given up."""
    waiting = {(row["endpoint_id"], row["subject"]): row["attempts"] for row in taken}
    async with engine.begin() as conn:
        heads = await delivery_queues.heads(conn, taken, at=at)
        empty = waiting.keys() - {(row["endpoint_id"], row["subject"]) for row in heads}
        if empty:
            rows = [{"endpoint_id": id, "subject": subject, "claim": claim} for id, subject in empty]
            held = await delivery_queues.held(conn, rows)
            await delivery_queues.advance(
                conn, [row for row in rows if (row["endpoint_id"], row["subject"]) in held], at=at
            )
    return [_letter(claim, row, waiting[row["endpoint_id"], row["subject"]], keys) for row in heads]


def _letter(claim: UUID, row: RowMapping, attempts: int, keys: Keys) -> Letter:
    endpoint, flaw = row["endpoint_id"], None
    secrets: list[str] = []
    headers: dict[str, str] = {}
    try:
        secrets += [keys.open(secret, endpoint) for secret in row["secrets"] or ()]
        headers |= json.loads(keys.open(row["headers"], endpoint)) if row["headers"] else {}
    except Unreadable as error:
        flaw = f"the endpoint's secrets cannot be read: {error}"
    return Letter(
        claim=claim,
        endpoint_id=endpoint,
        subject=row["subject"],
        attempts=attempts,
        delivery_id=row["delivery_id"],
        event_id=row["event_id"],
        body=row["body"].encode(),
        url=row["url"],
        secrets=tuple(secrets),
        kind=row["type"],
        told_at=row["told_at"],
        headers=tuple(headers.items()),
        format=row["format"],
        flaw=flaw,
    )


async def settle(
    engine: AsyncEngine,
    landed: Sequence[Landed],
    *,
    at: datetime,
    schedule: Sequence[timedelta],
    patience: timedelta = PATIENCE,
) -> None:
    """Write the attempts, and move on the lanes whose claims still hold: further, later, or to the next letter.

    A lane that another claim has taken since is left alone; what was tried stays written. What follows for whole
    endpoints comes in transactions of its own: proven, resting, disabled.
    """
    rows = [_row(one, schedule) for one in landed]
    well = {one.letter.endpoint_id for one in landed if one.outcome.delivered}
    ill = {one.letter.endpoint_id for one in landed} - well
    await _prove(engine, landed)

    async def work() -> None:
        async with engine.begin() as conn:
            await deliveries.record(conn, [_attempt(one) for one in landed])
            held = await delivery_queues.held(conn, rows)
            ours = [row for row in rows if (row["endpoint_id"], row["subject"]) in held]
            ended = [row for row in ours if row["due_at"] is None]
            await deliveries.settle(conn, ended, at=at)
            await delivery_queues.put_off(conn, [row for row in ours if row["due_at"] is not None])
            await delivery_queues.advance(conn, ended, at=at)
            await failure_streaks.note(conn, well, ill, at=at)

    await again(work)
    await _rest(engine, landed, at=at)
    for endpoint, url in {(one.letter.endpoint_id, one.letter.url) for one in landed if one.outcome.gone}:
        await disable(engine, endpoint, url, reason="the receiver answered 410 Gone", at=at)
    await _disable_tired(engine, {one.letter.endpoint_id: one.letter.url for one in landed}, ill, patience, at=at)


async def _prove(engine: AsyncEngine, landed: Sequence[Landed]) -> None:
    """Let endpoints that answered their challenge hear the rest; before the letter is settled, or it is lost."""
    for one in landed:
        if one.letter.kind == event_payloads.VERIFICATION and one.outcome.delivered:
            async with engine.begin() as conn:
                await endpoints.prove(conn, one.letter.endpoint_id, one.letter.url)


async def _rest(engine: AsyncEngine, landed: Sequence[Landed], *, at: datetime) -> None:
    """Leave alone those who answered 429 Too Many Requests (RFC 6585, 4), for as long as they asked."""
    asked = {
        one.letter.endpoint_id: at + min(one.outcome.retry_after, rate_limits.LONGEST_REST)
        for one in landed
        if one.outcome.status == 429 and one.outcome.retry_after
    }
    for endpoint, until in asked.items():
        async with engine.begin() as conn:
            await rate_limits.rest(conn, endpoint, until=until)


async def _disable_tired(
    engine: AsyncEngine, urls: Mapping[UUID, str], ill: Collection[UUID], patience: timedelta, *, at: datetime
) -> None:
    """Disable those of the endpoints that just failed which have done nothing else for as long as our patience."""
    if not ill:
        return
    async with engine.connect() as conn:
        tired = await failure_streaks.since(conn, ill, before=at - patience)
    for endpoint in tired:
        reason = f"nothing but failures for {patience.days} days"
        await disable(engine, endpoint, urls[endpoint], reason=reason, at=at)


async def disable(engine: AsyncEngine, endpoint: UUID, url: str, *, reason: str, at: datetime) -> None:
    """Send an endpoint nothing more, and tell its owner so by all other ways.

    One that is not active, or has another URL by now, is left as it is.
    """
    async with engine.begin() as conn:
        await events.lock(conn)
        owner = await endpoints.disable(conn, endpoint, url, reason=reason)
        if owner is not None:
            data = {"url": url, "reason": reason}
            await tell_owner(conn, event_payloads.DISABLED, endpoint, data, to=[owner], at=at)


def _row(one: Landed, schedule: Sequence[timedelta]) -> dict[str, Any]:
    letter, outcome, tried = one.letter, one.outcome, one.letter.attempts + 1
    due = None if outcome.delivered else next_attempt(tried, outcome, one.ended, random.random(), schedule=schedule)  # noqa: S311
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
