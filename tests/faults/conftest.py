"""A hub whose processes the tests kill, and the parties that use it."""

from collections.abc import Iterator

import pytest

from tests.event_catalogue_check import event_body_faults
from tests.faults.shipment_parties import ShipmentParties, add_shipment_parties
from tests.hub import RunningHub, running_hub

SHORT_SCHEDULE = ",".join(["0.2"] * 40)
"""Seconds between two attempts of a webhook, so that a delivery lost in a kill is repeated soon."""


@pytest.fixture(scope="session")
def hub() -> Iterator[RunningHub]:
    """Yield a whole hub, whose processes the tests of this folder kill."""
    with running_hub({"NOTIFICATIONS_SCHEDULE": SHORT_SCHEDULE}) as hub:
        yield hub
        assert event_body_faults(hub.stored_events()) == []


@pytest.fixture
def shipping(hub: RunningHub) -> Iterator[ShipmentParties]:
    """Yield new parties on that hub, and the importer's receiver."""
    with add_shipment_parties(hub) as shipping:
        yield shipping
