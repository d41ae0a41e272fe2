"""The event of a permit goes to a limited number of parties that cited it or read it by token: the last ones."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.domain.model.events import Followers
from services.permits.store import permits
from shared.contracts.limits import EVENT_WATCHERS
from shared.database import new_id, now
from tests.permits.sample_data import issue_permit, permit_content


async def test_watchers_beyond_the_limit_are_the_first_ones(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content())
    first, *others = [new_id() for _ in range(EVENT_WATCHERS + 1)]
    at = now()
    async with permits_db.begin() as conn:
        await permits.add_reader(conn, permit_id, first, at - timedelta(seconds=1))
        for other in others:
            await permits.add_reader(conn, permit_id, other, at)
        found = await permits.list_watchers(conn, [permit_id])
    assert found == {permit_id: Followers(parties=frozenset(others))}
