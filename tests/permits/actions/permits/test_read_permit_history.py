"""A permit with a long history or many crossings shows the newest of them and counts the others."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits.read import read_permit
from services.permits.store.ledger import SHOWN_CROSSINGS
from services.permits.store.permits import SHOWN_HISTORY
from shared.database import now
from tests.permits.sample_data import AUTHORITY_ZA, issue_permit, line, permit_content
from tests.permits.view_json import as_json

ADD_HISTORY = text("""
INSERT INTO permit_history (permit_id, sequence, event, from_status, to_status, at, actor_role)
SELECT :permit, n, 'permit.used', 'issued', 'issued', now(), 'rules' FROM generate_series(2, CAST(:last AS int)) AS n
""")
ADD_CROSSINGS = text("""
INSERT INTO ledger (id, permit_id, line, side, kind, quantity, closes, opens, value_date, cause, at, actor_role)
SELECT gen_random_uuid(), :permit, 'A', 'export', 'cross', n, false, false, date '2026-06-01', 'endorsement', now(),
    'customs'
FROM generate_series(1, CAST(:last AS int)) AS n
""")


async def read(db: AsyncEngine, permit_id: UUID) -> dict[str, Any]:
    """Return the permit as its authority reads it."""
    return await as_json(read_permit(db, permit_id, AUTHORITY_ZA, now()))


async def test_permit_with_a_long_history_shows_the_newest_and_counts_the_others(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content())
    assert "history_omitted" not in await read(permits_db, permit_id)
    async with permits_db.begin() as conn:
        await conn.execute(ADD_HISTORY, {"permit": permit_id, "last": SHOWN_HISTORY + 7})
    found = await read(permits_db, permit_id)
    assert [entry["sequence"] for entry in found["history"]] == list(range(8, SHOWN_HISTORY + 8))
    assert found["history_omitted"] == 7


async def test_certificate_with_many_crossings_shows_the_newest_and_counts_the_others(permits_db: AsyncEngine) -> None:
    permit_id = await issue_permit(permits_db, permit_content(line(), kind="sample_collection"))
    assert "continuation_omitted" not in await read(permits_db, permit_id)
    async with permits_db.begin() as conn:
        await conn.execute(ADD_CROSSINGS, {"permit": permit_id, "last": SHOWN_CROSSINGS + 3})
    found = await read(permits_db, permit_id)
    assert [int(entry["quantity"]) for entry in found["continuation"]] == list(range(4, SHOWN_CROSSINGS + 4))
    assert found["continuation_omitted"] == 3
