"""One whole hub for all journeys."""

from collections.abc import Iterator

import pytest

from tests.hub import RunningHub, running_hub


@pytest.fixture(scope="session")
def hub() -> Iterator[RunningHub]:
    """A `saola up` that runs for the whole session."""
    with running_hub() as hub:
        yield hub
