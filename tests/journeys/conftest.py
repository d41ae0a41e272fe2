"""One whole hub for all journeys."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.event_catalogue_check import event_body_faults
from tests.hub import RunningHub, running_hub
from tests.journeys.party_client import PartyClient


@pytest.fixture(scope="session")
def hub() -> Iterator[RunningHub]:
    """A `saola up` for the whole session. Each event that it stores must be as the catalogue describes it."""
    with running_hub() as hub:
        yield hub
        assert event_body_faults(hub.stored_events()) == []


@pytest.fixture(scope="session")
def tried_hub() -> Iterator[RunningHub]:
    """Another `saola up`, for the tests that send random requests."""
    with running_hub() as hub:
        yield hub


@pytest.fixture(scope="module")
def add_party(hub: RunningHub) -> Iterator[Callable[..., list[PartyClient]]]:
    """A function that adds a party and returns clients for it, each with its own credential."""
    with ExitStack() as stack:
        admin = stack.enter_context(hub.admin())

        def add(role: str, country: str, number: str = "", credentials: int = 1) -> list[PartyClient]:
            identifiers = {"EORI": number} if number else {}
            party = admin.create_party(
                {"name": f"{role} of {country}", "country": country, "roles": [role], "identifiers": identifiers}
            )
            pairs = [admin.create_credential(party["id"]) for _ in range(credentials)]
            return [
                PartyClient(hub, admin.with_credentials(pair["client_id"], pair["client_secret"])) for pair in pairs
            ]

        yield add


@pytest.fixture(scope="module")
def admin_access(hub: RunningHub) -> Iterator[PartyClient]:
    with hub.admin() as admin:
        yield PartyClient(hub, admin)
