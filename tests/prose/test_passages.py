"""The readers find the prose of each sort of file, at its line, and no code."""

from pathlib import Path

from tests.prose import comment_files, markdown_files, python_files
from tests.prose.passages import Kind, Passage

PYTHON = '''"""The module."""

SQL = "SELECT what FROM permits WHERE id IN (1, 2) AND it is not old"  # the newest
LIMIT = 3
"""The limit."""
WORDS = "these are only some words of a list".split()
TABLE = "one of a; two of a; three of a; four of a; five of a; six of a; seven of a"


# The reason is long,
# so it has two lines.
def check(name: str) -> str:
    """Check a name."""
    return f"The name {name} has no lines of its own."


class Box:
    """A box."""

    @property
    def width(self) -> int:
        """The width."""
        return 1


def test_box_when_open_is_empty() -> None:
    key = "none of these words is prose"
'''


def found(passages: list[Passage]) -> list[tuple[int, Kind, str]]:
    """Return the passages as plain tuples, by line."""
    return sorted((one.line, one.kind, " ".join(one.text.split())) for one in passages)


def test_python_file_has_docstrings_comments_messages_and_test_names(tmp_path: Path) -> None:
    path = tmp_path / "test_box.py"
    path.write_text(PYTHON)
    assert found(list(python_files.passages(path))) == [
        (1, Kind.DOCSTRING, "The module."),
        (3, Kind.COMMENT, "the newest"),
        (5, Kind.DOCSTRING, "The limit."),
        (10, Kind.COMMENT, "The reason is long, so it has two lines."),
        (13, Kind.FUNCTION, "Check a name."),
        (14, Kind.MESSAGE, "The name `x` has no lines of its own."),
        (18, Kind.DOCSTRING, "A box."),
        (22, Kind.DOCSTRING, "The width."),
        (26, Kind.TEST_NAME, "test_box_when_open_is_empty"),
        (27, Kind.MESSAGE, "none of these words is prose"),
    ]


def test_strings_of_tests_are_data(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    path = folder / "test_box.py"
    path.write_text(PYTHON)
    assert Kind.MESSAGE not in {one.kind for one in python_files.passages(path)}


def test_markdown_file_has_paragraphs_items_and_cells_without_code(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "# A page\n\nRun `make` and\n[read](x.md).\n\n```sh\nmake what\n```\n\n- one\n- two\n\n"
        "| a | b |\n|---|---|\n| c | d |\n"
    )
    texts = [(one.line, one.text) for one in markdown_files.passages(path)]
    assert texts == [
        (1, "A page"),
        (3, "Run `x` and\nread."),
        (10, "one"),
        (11, "two"),
        (13, "a"),
        (13, "b"),
        (15, "c"),
        (15, "d"),
    ]


def test_makefile_has_comments_and_help(tmp_path: Path) -> None:
    path = tmp_path / "Makefile"
    path.write_text("# One file\n# for all.\nrun: setup ## Start the hub\n\t@echo '#no'\n")
    assert [(one.line, one.text) for one in comment_files.passages(path)] == [
        (1, "One file\nfor all."),
        (3, "Start the hub"),
    ]
