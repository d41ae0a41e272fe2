"""What is generated from the code stands in the repository as the code would write it."""

from services.cli.generate import list_stale_pages


def test_the_reference_is_current() -> None:
    assert list_stale_pages() == []
