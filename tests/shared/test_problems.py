"""Names in the detail of a problem."""

from shared.problems import MAX_NAMES, list_names


def test_list_names_beyond_the_limit_gives_the_number_of_the_others() -> None:
    assert list_names(["A", "B"]) == "A, B"
    assert list_names(range(MAX_NAMES)).endswith(", 19")
    assert list_names(range(MAX_NAMES + 3)).endswith(", 19 and 3 more")
