"""A permit ends by its dates, on the last day of its issuer's last zone: read, filtered and told alike."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits import expiry_notices
from services.permits.actions.permits import issue as actions_issue
from services.permits.actions.permits import read as permits_read
from shared.contracts.parties import Party
from shared.contracts.permit import Permit
from shared.database import new_id
from shared.idempotency import IdempotentCommand
from tests.permits.sample_data import party, permit_content
from tests.permits.view_json import as_json

LAST = date(2026, 8, 31)
WHERE = {
    "KI": (14, 12),  # Kiribati: from +12 to +14; its last zone to end the day is +12
    "UM": (12, -11),  # the outlying islands of the United States: from +12 to −11
    "WS": (13, 13),
    "AS": (-11, -11),
    "ZA": (2, 2),
    "FR": (2, 2),
}
"""Country → hours from UTC of its first and of its last zone at the end of August."""


def ends(country: str) -> datetime:
    """Answer the moment the last day is over in the country's last zone."""
    return datetime(2026, 9, 1, tzinfo=UTC) - timedelta(hours=WHERE[country][1])


async def issue(db: AsyncEngine, country: str, authority: Party) -> UUID:
    trader = {"name": "X", "country": country, "identifier": f"{country}-1"}
    stated = Permit.model_validate({
        **permit_content().model_dump(), "issuer": country, "export_country": country, "exporter": trader,
        "issued_on": date(2026, 3, 1), "valid_until": LAST,
    })  # fmt: skip
    kept = await actions_issue.issue(
        db, authority, stated, IdempotentCommand(new_id(), b"", datetime(2026, 3, 1, 12, tzinfo=UTC))
    )
    return UUID(json.loads(kept.body)["id"])


async def listed(db: AsyncEngine, who: Party, status: str, at: datetime) -> set[str]:
    page = await as_json(permits_read.list_permits(db, who, {"status": status}, limit=50, before=None, at=at))
    return {one["id"] for one in page["data"]}


@pytest.mark.parametrize("country", WHERE)
async def test_the_last_day_is_included_and_ends_in_the_last_zone(permits_db: AsyncEngine, country: str) -> None:
    authority = party("authority", country)
    permit_id = await issue(permits_db, country, authority)
    moment = timedelta(seconds=1)
    for at, status in (
        (ends(country) - timedelta(days=1), "issued"), (ends(country) - moment, "issued"),
        (ends(country), "expired"), (ends(country) + timedelta(days=1), "expired"),
    ):  # fmt: skip
        assert (await as_json(permits_read.read_permit(permits_db, permit_id, authority, at)))["status"] == status, at
        assert await listed(permits_db, authority, status, at) == {str(permit_id)}
        assert await listed(permits_db, authority, {"issued": "expired", "expired": "issued"}[status], at) == set()


async def told(db: AsyncEngine, permit_id: UUID) -> list[tuple[str, Any]]:
    async with db.connect() as conn:
        query = text("SELECT type, data::json AS data FROM outbox_events WHERE subject = :s ORDER BY sequence")
        rows = (await conn.execute(query, {"s": f"permit:{permit_id}"})).all()
    return [(row.type, row.data) for row in rows if row.type != "permit.issued"]


@pytest.mark.parametrize("country", ["KI", "AS", "ZA"])
async def test_its_end_is_told_thirty_days_before_and_when_it_has_come_once_each(
    permits_db: AsyncEngine, country: str
) -> None:
    authority = party("authority", country)
    permit_id = await issue(permits_db, country, authority)
    thirty = ends(country) - timedelta(days=31)  # the beginning of the day thirty days before the last
    await expiry_notices.write_expiry_notices(permits_db, thirty - timedelta(seconds=1))
    assert await told(permits_db, permit_id) == []
    version = (await as_json(permits_read.read_permit(permits_db, permit_id, authority, thirty)))["version"]
    for _ in range(2):
        await expiry_notices.write_expiry_notices(permits_db, thirty)
    [(first, data)] = await told(permits_db, permit_id)
    assert (first, data["days_left"], data["valid_until"], data["status"]) == (
        "permit.expiring", 30, "2026-08-31", "issued",
    )  # fmt: skip
    await expiry_notices.write_expiry_notices(permits_db, ends(country) - timedelta(seconds=1))
    assert len(await told(permits_db, permit_id)) == 1
    for _ in range(2):
        await expiry_notices.write_expiry_notices(permits_db, ends(country))
    assert [(kind, data["status"]) for kind, data in (await told(permits_db, permit_id))[1:]] == [
        ("permit.expired", "expired")
    ]
    read = await as_json(permits_read.read_permit(permits_db, permit_id, authority, ends(country)))
    assert [(t["from"], t["to"], t["by"]["role"]) for t in read["history"]][-1] == ("issued", "expired", "rules")
    assert read["version"] == version, "who read it before may still act on what was read"


async def test_many_ends_are_told_in_one_go(permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry_notices, "BATCH_SIZE", 3)
    authority = party("authority", "ZA")
    ids = [await issue(permits_db, "ZA", authority) for _ in range(8)]
    await expiry_notices.write_expiry_notices(permits_db, ends("ZA"))
    assert [[kind for kind, _ in await told(permits_db, permit_id)] for permit_id in ids] == [["permit.expired"]] * 8
