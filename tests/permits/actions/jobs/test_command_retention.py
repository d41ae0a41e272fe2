"""Answers of commands are kept for the days that are promised, and dropped after."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.jobs import command_retention
from services.permits.actions.permits.issue import issue
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand
from tests.permits.sample_data import AUTHORITY_ZA, permit_content


async def test_an_answer_is_kept_seven_days_and_dropped_after(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_retention, "BATCH_SIZE", 2)
    at = now()
    ages = [timedelta(0), timedelta(days=6, hours=23), *[timedelta(days=9 + n) for n in range(5)]]
    names = [IdempotentCommand(new_id(), b"", at - age) for age in ages]
    for name in names:
        await issue(permits_db, AUTHORITY_ZA, permit_content(), name)
    await command_retention.delete_expired_commands(permits_db, at)
    async with permits_db.connect() as conn:
        kept = set((await conn.execute(text("SELECT id FROM commands"))).scalars())
        assert (await conn.execute(text("SELECT count(*) FROM permits"))).scalar_one() == len(names)
    assert kept == {names[0].id, names[1].id}
