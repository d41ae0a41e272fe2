"""The sequences of subjects after a restore of permits: the next event is none that notifications has."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.store import reconciliation
from services.permits.store import tables as t
from tests.permits.sample_data import issue_permit, line, permit_content


async def test_sequence_of_a_permit_is_raised_and_never_lowered(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content(line()))
    subject = f"permit:{permit_id}"
    for last, raised in ((7, 1), (7, 0), (3, 0)):
        async with permits_db.begin() as conn:
            others = {"quota:00000000-0000-0000-0000-000000000001": 9, "declaration:" + str(permit_id): 9}
            assert await reconciliation.raise_sequences(conn, {subject: last, **others}) == raised
    async with permits_db.connect() as conn:
        found = await conn.execute(select(t.permits.c.sequence).where(t.permits.c.id == permit_id))
    assert found.scalar_one() == 7
