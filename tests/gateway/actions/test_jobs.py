"""The periodic jobs of the gateway run with the rights of its own database role."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.gateway.actions.jobs import JOBS
from services.gateway.store.tables import rate_limit_blocks, used_assertions
from shared.database import create_engine, new_id, now
from shared.periodic_jobs import Job
from tests.conftest import Clone


@pytest.fixture
async def gateway_db(clone: Clone) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await clone("gateway"))
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
async def test_job_is_allowed_by_the_role_of_the_gateway(gateway_db: AsyncEngine, job: Job) -> None:
    await job.action(gateway_db, now())


async def test_jobs_delete_what_has_expired_and_keep_the_rest(gateway_db: AsyncEngine) -> None:
    at, party_id = now(), new_id()
    assertions = [("old", at - timedelta(seconds=1)), ("new", at + timedelta(seconds=60))]
    windows = [int(at.timestamp()) - 3600, int(at.timestamp())]
    async with gateway_db.begin() as conn:
        await conn.execute(
            insert(used_assertions),
            [{"client_id": "c", "jti": jti, "expires_at": expires_at} for jti, expires_at in assertions],
        )
        await conn.execute(
            insert(rate_limit_blocks),
            [{"party_id": party_id, "window_start": start, "used": 1} for start in windows],
        )
    for job in JOBS:
        await job.action(gateway_db, at)
    async with gateway_db.connect() as conn:
        assert list((await conn.execute(select(used_assertions.c.jti))).scalars()) == ["new"]
        assert list((await conn.execute(select(rate_limit_blocks.c.window_start))).scalars()) == windows[1:]
