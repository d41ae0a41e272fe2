"""One whole hub for all journeys."""

from collections.abc import Iterator

import pytest

from tests.hub import RunningHub, running_hub
from tests.told import flaws_of_bodies


@pytest.fixture(scope="session")
def hub() -> Iterator[RunningHub]:
    """A `saola up` that runs for the whole session; what it tells in it must be as the catalogue says."""
    with running_hub() as hub:
        yield hub
        assert flaws_of_bodies(hub.told()) == []


@pytest.fixture(scope="session")
def tried_hub() -> Iterator[RunningHub]:
    """A `saola up` apart, for the tests that send it anything whatever."""
    with running_hub() as hub:
        yield hub
