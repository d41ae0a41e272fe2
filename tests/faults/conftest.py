"""A hub that may be killed piece by piece, and the people who go on working on it."""

from collections.abc import Iterator

import pytest

from tests.event_catalogue_check import event_body_faults
from tests.faults.shipment_parties import ShipmentParties, add_shipment_parties
from tests.hub import RunningHub, running_hub

IMPATIENT = ",".join(["0.2"] * 40)
"""Seconds between two tries of a webhook: what was lost in a kill comes again soon."""


@pytest.fixture(scope="session")
def hub() -> Iterator[RunningHub]:
    """A whole hub, the victim of every test of this folder."""
    with running_hub({"NOTIFICATIONS_SCHEDULE": IMPATIENT}) as hub:
        yield hub
        assert event_body_faults(hub.stored_events()) == []


@pytest.fixture
def shipping(hub: RunningHub) -> Iterator[ShipmentParties]:
    """New parties on that hub, and the importer's receiver."""
    with add_shipment_parties(hub) as shipping:
        yield shipping
