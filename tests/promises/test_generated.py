"""What is generated from the code stands in the repository as the code would write it."""

from services.cli.generate import stale


def test_the_reference_is_current() -> None:
    assert stale() == []
