"""Filters of endpoints: a permit is named by its id, its number, or its issuer and number, however it is written."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.notifications.domain.event_filters import filter_keys_for_event, required_filter_keys
from shared.contracts.messages import Audience, EventMessage
from shared.contracts.webhooks import EventFilters

PERMIT_ID = "0190c0de-0000-7000-8000-000000009e41"
EVENT = EventMessage(
    id=UUID(int=1),
    type="permit.issued",
    subject=f"permit:{PERMIT_ID}",
    sequence=1,
    at=datetime(2026, 3, 1, tzinfo=UTC),
    data={"permit_id": PERMIT_ID, "issuer": "ZA", "number": "ZA/2026 00001"},
    audience=Audience(permits=(PERMIT_ID, "ZA/ZA/2026 00001")),
)


@pytest.mark.parametrize(("named", "matches"), [
    ("ZA/2026 00001", True), ("za-2026-00001", True), ("ＺＡ-2026–00001", True), ("ZA/ZA-2026-00001", True),
    ("za/za/2026/00001", True), (PERMIT_ID, True), (PERMIT_ID.upper(), True),
    ("ZA-2026-OOOO1", False), ("FR/ZA-2026-00001", False), ("2026-00001", False),
])  # fmt: skip
def test_filter_matches_the_permit_however_its_number_is_written(named: str, matches: bool) -> None:
    required = required_filter_keys(EventFilters(permits=(named,)))["permits"]
    assert required is not None
    assert (not set(required).isdisjoint(filter_keys_for_event(EVENT))) is matches
