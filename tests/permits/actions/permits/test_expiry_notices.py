"""The expiry of permits in views, filters and notices: when the last day ends in the last zone of the issuer."""

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
from tests.permits.sample_data import SEALER, party, permit_content
from tests.permits.view_json import as_json

LAST = date(2026, 8, 31)
ZONE_OFFSETS = {
    "KI": (14, 12),  # Kiribati: from +12 to +14; its last zone to end the day is +12
    "UM": (12, -11),  # the outlying islands of the United States: from +12 to −11
    "WS": (13, 13),
    "AS": (-11, -11),
    "ZA": (2, 2),
    "FR": (2, 2),
}
"""Hours from UTC of a country's first and last time zone at the end of August."""


def end_of_last_day(country: str) -> datetime:
    """Return the moment at which the last day is over in the country's last zone."""
    return datetime(2026, 9, 1, tzinfo=UTC) - timedelta(hours=ZONE_OFFSETS[country][1])


async def issue_permit_of(db: AsyncEngine, country: str, authority: Party) -> UUID:
    """Issue a permit of a country that expires after LAST. Return its id."""
    trader = {"name": "X", "country": country, "identifier": f"{country}-1"}
    stated = Permit.model_validate({
        **permit_content().model_dump(), "issuer": country, "export_country": country, "exporter": trader,
        "issued_on": date(2026, 3, 1), "valid_until": LAST,
    })  # fmt: skip
    response = await actions_issue.issue(
        db, authority, stated, IdempotentCommand(new_id(), b"", datetime(2026, 3, 1, 12, tzinfo=UTC)), sealer=SEALER
    )
    return UUID(json.loads(response.body)["id"])


async def list_ids(db: AsyncEngine, who: Party, status: str, at: datetime) -> set[str]:
    """Return the ids of the permits with a status."""
    page = await as_json(permits_read.list_permits(db, who, {"status": status}, limit=50, before=None, at=at))
    return {one["id"] for one in page["data"]}


@pytest.mark.parametrize("country", ZONE_OFFSETS)
async def test_permit_on_its_last_day_is_valid_until_the_last_zone_ends_it(
    permits_db: AsyncEngine, country: str
) -> None:
    authority = party("authority", country)
    permit_id = await issue_permit_of(permits_db, country, authority)
    moment = timedelta(seconds=1)
    for at, status in (
        (end_of_last_day(country) - timedelta(days=1), "issued"), (end_of_last_day(country) - moment, "issued"),
        (end_of_last_day(country), "expired"), (end_of_last_day(country) + timedelta(days=1), "expired"),
    ):  # fmt: skip
        assert (await as_json(permits_read.read_permit(permits_db, permit_id, authority, at)))["status"] == status, at
        assert await list_ids(permits_db, authority, status, at) == {str(permit_id)}
        assert await list_ids(permits_db, authority, {"issued": "expired", "expired": "issued"}[status], at) == set()


async def list_notices(db: AsyncEngine, permit_id: UUID) -> list[tuple[str, Any]]:
    """Return types and data of a permit's events after its issue."""
    async with db.connect() as conn:
        query = text("SELECT type, data::json AS data FROM outbox_events WHERE subject = :s ORDER BY sequence")
        rows = (await conn.execute(query, {"s": f"permit:{permit_id}"})).all()
    return [(row.type, row.data) for row in rows if row.type != "permit.issued"]


@pytest.mark.parametrize("country", ["KI", "AS", "ZA"])
async def test_expiry_notices_are_written_once_before_and_once_after_the_last_day(
    permits_db: AsyncEngine, country: str
) -> None:
    authority = party("authority", country)
    permit_id = await issue_permit_of(permits_db, country, authority)
    thirty = end_of_last_day(country) - timedelta(days=31)  # the start of the day 30 days before the last
    await expiry_notices.write_expiry_notices(permits_db, thirty - timedelta(seconds=1))
    assert await list_notices(permits_db, permit_id) == []
    version = (await as_json(permits_read.read_permit(permits_db, permit_id, authority, thirty)))["version"]
    for _ in range(2):
        await expiry_notices.write_expiry_notices(permits_db, thirty)
    [(first, data)] = await list_notices(permits_db, permit_id)
    assert (first, data["days_left"], data["valid_until"], data["status"]) == (
        "permit.expiring", 30, "2026-08-31", "issued",
    )  # fmt: skip
    await expiry_notices.write_expiry_notices(permits_db, end_of_last_day(country) - timedelta(seconds=1))
    assert len(await list_notices(permits_db, permit_id)) == 1
    for _ in range(2):
        await expiry_notices.write_expiry_notices(permits_db, end_of_last_day(country))
    assert [(kind, data["status"]) for kind, data in (await list_notices(permits_db, permit_id))[1:]] == [
        ("permit.expired", "expired")
    ]
    read = await as_json(permits_read.read_permit(permits_db, permit_id, authority, end_of_last_day(country)))
    assert [(t["from"], t["to"], t["by"]["role"]) for t in read["history"]][-1] == ("issued", "expired", "rules")
    assert read["version"] == version, "a command with the version from before the notice stays valid"


async def test_expiry_notices_of_several_batches_are_written_in_one_run(
    permits_db: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry_notices, "BATCH_SIZE", 3)
    authority = party("authority", "ZA")
    ids = [await issue_permit_of(permits_db, "ZA", authority) for _ in range(8)]
    await expiry_notices.write_expiry_notices(permits_db, end_of_last_day("ZA"))
    assert [[kind for kind, _ in await list_notices(permits_db, permit_id)] for permit_id in ids] == [
        ["permit.expired"]
    ] * 8
