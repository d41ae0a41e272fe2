"""Subjects after a restore of permits: their next events follow those of notifications, and state what holds."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import republished_events
from services.permits.store import tables as t
from shared.database import new_id, now
from tests.permits.sample_data import endorse_permit, issue_permit, line, permit_content


async def _publish_after(db: AsyncEngine, subject: str, last: int) -> int:
    async with db.begin() as conn:
        return await republished_events.publish_after(conn, subject, last, at=now())


async def _outbox(db: AsyncEngine, subject: str) -> list[Any]:
    c = t.outbox_events.c
    async with db.connect() as conn:
        return list(await conn.execute(select(t.outbox_events).where(c.subject == subject).order_by(c.sequence)))


async def _settle(db: AsyncEngine) -> None:
    async with db.begin() as conn:
        await conn.execute(update(t.outbox_events).values(settled_at=now()))


async def _sequence(db: AsyncEngine, table: Any, subject_id: UUID) -> int:
    async with db.connect() as conn:
        return int((await conn.execute(select(table.c.sequence).where(table.c.id == subject_id))).scalar_one())


async def test_last_event_of_a_permit_is_published_once_after_the_lost_ones(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content(line()))
    await endorse_permit(permits_db, permit_id, A="10")
    await _settle(permits_db)
    subject = f"permit:{permit_id}"
    before = await _outbox(permits_db, subject)
    assert await _publish_after(permits_db, subject, len(before)) == 0, "nothing is lost"
    assert [await _publish_after(permits_db, subject, 7) for _ in range(2)] == [1, 0]
    again = (await _outbox(permits_db, subject))[-1]
    assert (again.sequence, again.type, again.audience) == (8, before[-1].type, before[-1].audience)
    assert json.loads(again.data) == {**json.loads(before[-1].data), "sequence": 8}
    assert again.id not in {row.id for row in before}
    assert await _sequence(permits_db, t.permits, permit_id) == 8
    await endorse_permit(permits_db, permit_id, A="20")
    assert (await _outbox(permits_db, subject))[-1].sequence == 9


async def test_waiting_events_with_lost_sequences_get_new_ones_in_their_order(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content(line()))
    await _settle(permits_db)
    await endorse_permit(permits_db, permit_id, A="10")
    await endorse_permit(permits_db, permit_id, A="20")
    subject = f"permit:{permit_id}"
    *_, first, second = await _outbox(permits_db, subject)
    assert await _publish_after(permits_db, subject, second.sequence - 1) == 2
    *_, first_again, second_again = rows = await _outbox(permits_db, subject)
    assert (first_again.sequence, second_again.sequence) == (second.sequence + 1, second.sequence + 2)
    for row, again in ((first, first_again), (second, second_again)):
        assert json.loads(again.data) == {**json.loads(row.data), "sequence": again.sequence}
    waiting = [row.sequence for row in rows if row.settled_at is None]
    assert waiting == [second.sequence, first_again.sequence, second_again.sequence]


async def test_sequence_of_a_quota_without_an_event_is_raised(permits_db: AsyncEngine) -> None:
    day, quota_id = now().date(), new_id()
    quota = {"id": quota_id, "country": "ZA", "unit": "number", "amount": 5, "starts": day, "ends": day, "note": ""}
    more = {"digest": "d", "version": 1, "sequence": 1, "notice_level": 0}
    async with permits_db.begin() as conn:
        await conn.execute(insert(t.quotas), {**_scope(), **quota, **more})
    assert await _publish_after(permits_db, f"quota:{quota_id}", 4) == 0
    assert await _sequence(permits_db, t.quotas, quota_id) == 4


def _scope() -> dict[str, Any]:
    return {
        "key": "k",
        "taxon": "Panthera leo",
        "taxon_key": "panthera leo",
        "terms": [],
        "sources": [],
        "purposes": [],
    }


@pytest.mark.parametrize("subject", [f"declaration:{UUID(int=1)}", "endpoint:1"])
async def test_subject_that_permits_does_not_have_is_left_alone(permits_db: AsyncEngine, subject: str) -> None:
    assert await _publish_after(permits_db, subject, 4) == 0
