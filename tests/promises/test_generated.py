"""The generated files of the repository are as the code generates them."""

from services.cli.generate import list_stale_pages


def test_reference_in_the_repository_is_current() -> None:
    assert list_stale_pages() == []
