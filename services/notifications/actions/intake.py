"""Take in news: each event once, in its subject's order, with its readers and deliveries in the same transaction."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.domain import event_payloads
from services.notifications.domain.audience import marks_of_audience
from services.notifications.domain.event_filters import topics_of
from services.notifications.domain.event_patterns import forms
from services.notifications.store import events as store
from shared.contracts.messages import Answer, Audience, News
from shared.database import again


async def take_in(engine: AsyncEngine, letters: Sequence[News], *, at: datetime) -> list[Answer]:
    """Take in a batch; answers for each letter whether it was taken, now or before, or why it was refused."""
    flaws = {letter.id: event_payloads.flaw(letter) for letter in letters}
    rows = [_row(letter, topics_of(letter)) for letter in letters if flaws[letter.id] is None]

    async def work() -> set[UUID]:
        async with engine.begin() as conn:
            await store.lock(conn)
            known = await store.put(conn, rows, at=at)
            positions = await store.place(conn, sorted({row["subject"] for row in rows}))
            await store.tell(conn, positions, at=at)
            return known

    known = await again(work) if rows else set()
    return [_answer(letter.id, flaws[letter.id], letter.id in known) for letter in letters]


async def tell_owner(
    conn: AsyncConnection, kind: str, endpoint: UUID, data: dict[str, Any], *, to: Sequence[UUID], at: datetime
) -> tuple[UUID, int]:
    """Make an event about an endpoint itself, for these parties; answers its id and position.

    It takes the intake lock, so it comes first in its transaction.
    """
    said, heard = {"endpoint_id": str(endpoint), **data}, Audience(parties=tuple(to))
    return await tell(conn, kind, event_payloads.endpoint_subject(endpoint), endpoint, said, heard, at=at)


async def tell(
    conn: AsyncConnection,
    kind: str,
    subject: str,
    about: UUID,
    data: dict[str, Any],
    audience: Audience,
    *,
    topics: Sequence[str] = (),
    at: datetime,
) -> tuple[UUID, int]:
    """Make an event of this service's own about a subject, named after `about`; answers its id and position."""
    await store.lock(conn)
    sequence = await store.next_sequence(conn, subject)
    id = event_payloads.own_event_id(about, sequence)
    news = News(id=id, type=kind, subject=subject, sequence=sequence, at=at, data=data, audience=audience)
    await store.put(conn, [_row(news, topics)], at=at)
    positions = await store.place(conn, [subject])
    await store.tell(conn, positions, at=at)
    return news.id, positions[-1]


def _row(news: News, topics: Sequence[str]) -> dict[str, Any]:
    sender = news.audience.sender
    audience = {
        "parties": sorted({str(party) for party in news.audience.parties}),
        "marks": sorted(marks_of_audience(news.audience)),
        "countries": sorted(set(news.audience.countries)),
    }
    return {
        "id": news.id,
        "type": news.type,
        "forms": " ".join(forms(news.type)),
        "subject": news.subject,
        "sequence": news.sequence,
        "at": news.at,
        "body": event_payloads.body(id=news.id, kind=news.type, at=news.at, data=news.data, sequence=news.sequence),
        "audience": json.dumps(audience),
        "topics": json.dumps(topics),
        "sender": None if sender is None else sender.model_dump_json(),
    }


def _answer(id: UUID, flaw: str | None, known: bool) -> Answer:
    if flaw is None and known:
        return Answer(id=id, outcome="taken")
    return Answer(id=id, outcome="refused", reason=flaw or "this sequence of the subject is another event")
