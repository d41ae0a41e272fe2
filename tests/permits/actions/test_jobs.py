"""The periodic jobs of permits with the permissions of its database role."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.jobs import make_jobs
from shared.database import now
from shared.periodic_jobs import Job


@pytest.mark.parametrize("job", make_jobs(), ids=lambda job: job.name)
async def test_job_is_allowed_by_the_role_of_permits(permits_db: AsyncEngine, job: Job) -> None:
    await job.action(permits_db, now())
