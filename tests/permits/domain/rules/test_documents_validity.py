"""Validity of documents: first and last day included, in the time zones of the issuer."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits import endorse
from shared.contracts.permit import Endorsement
from tests.days import today
from tests.permits.declaration_steps import severities
from tests.permits.sample_data import (
    CUSTOMS_ZA,
    command,
    declaration,
    issue_permit,
    item,
    lodge_declaration,
    party,
    permit_content,
)


@pytest.mark.parametrize(("moment", "status"), [
    ("2026-08-31T21:59:59+00:00", "accepted"),  # still 31 August in Johannesburg
    ("2026-08-31T22:00:01+00:00", "rejected"),  # 1 September there
    ("2026-02-28T21:59:59+00:00", "rejected"),
    ("2026-02-28T22:00:01+00:00", "accepted"),  # 1 March there
])  # fmt: skip
async def test_validity_includes_the_first_and_last_day_in_the_zone_of_the_issuer(
    permits_db: AsyncEngine, moment: str, status: str
) -> None:
    permit = permit_content(issued_on="2026-03-01", valid_until="2026-08-31")
    permit_id = await issue_permit(permits_db, permit)
    box_14 = {"lines": [{"line": "A", "quantity": "118"}], "endorsed_on": "2026-03-02"}
    await endorse.endorse(permits_db, permit_id, CUSTOMS_ZA, Endorsement.model_validate(box_14), command())
    found = await lodge_declaration(permits_db, declaration(item(permit)), at=datetime.fromisoformat(moment))
    assert found["status"] == status
    assert ("CITES-VI.2-validity" in severities(found)) == (status == "rejected")


def test_dates_of_test_permits_are_around_today() -> None:
    assert permit_content().valid_until - today() == timedelta(days=60)


@pytest.mark.parametrize(("issuer", "moment", "is_valid"), [
    ("KI", "2026-03-01T11:59:59+00:00", True),  # 1 March still in Tarawa, 2 March already on Kiritimati (+14)
    ("KI", "2026-03-01T12:00:01+00:00", False),  # 2 March everywhere
    ("AS", "2026-03-02T10:59:59+00:00", True),  # 1 March in Pago Pago (-11)
    ("AS", "2026-03-02T11:00:01+00:00", False),
    ("KI", "2026-01-31T10:00:01+00:00", True),  # 1 February on Kiritimati, the first day
    ("KI", "2026-01-31T09:59:59+00:00", False),
    ("AS", "2026-02-01T10:59:59+00:00", False),
    ("AS", "2026-02-01T11:00:01+00:00", True),
])  # fmt: skip
async def test_validity_begins_in_the_first_zone_of_the_issuer_and_ends_in_the_last(
    permits_db: AsyncEngine, issuer: str, moment: str, is_valid: bool
) -> None:
    permit = permit_content(issuer=issuer, export_country=issuer, issued_on="2026-02-01", valid_until="2026-03-01")
    await issue_permit(permits_db, permit, party("authority", issuer))
    found = await lodge_declaration(permits_db, declaration(item(permit)), at=datetime.fromisoformat(moment))
    assert ("CITES-VI.2-validity" not in severities(found)) == is_valid
