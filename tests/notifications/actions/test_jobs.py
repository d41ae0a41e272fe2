"""The periodic jobs of notifications run with the rights of its own database role."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.actions.jobs import make_jobs
from services.notifications.domain.retention import RetentionPeriods
from shared.database import now
from shared.periodic_jobs import Job


@pytest.mark.parametrize("job", make_jobs(RetentionPeriods()), ids=lambda job: job.name)
async def test_job_is_allowed_by_the_role_of_notifications(notifications_db: AsyncEngine, job: Job) -> None:
    await job.action(notifications_db, now())
