"""The page on where to change what names files and names that exist, and the README leads to each of its tables."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "changing.md").read_text()
README = (ROOT / "README.md").read_text()
ROW = re.compile(r"^\| \d+ \| \[(?P<text>[^]]+)\]\(\.\./(?P<file>[^)]+)\) \| (?P<name>[^|]*) \|", re.MULTILINE)
TITLES = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
CHANGES = {
    "A permit kind",
    "A rule",
    "An event type",
    "A route",
    "The retry schedule",
    "A role",
    "The retention of idempotent commands",
    "A reference list",
    "The effect of an override",
    "A limit",
}
"""The changes that a maintainer finds in two look-ups."""


@dataclass(frozen=True)
class Place:
    """A file, and a name or a heading in it; "" for the file as a whole."""

    file: str
    name: str


def places(page: str) -> list[Place]:
    """Return the places that the tables of the page name."""
    return [Place(match["file"], match["name"].strip("`* ")) for match in ROW.finditer(page)]


def defined_names(source: str) -> Iterator[str]:
    """Yield the names that a module defines at its top level."""
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def is_there(place: Place, root: Path) -> bool:
    """Return whether the file exists and defines the name; a page or a migration contains it."""
    path = root / place.file
    if not path.is_file():
        return False
    text = path.read_text()
    if path.suffix == ".md":
        return re.search(rf"^#+ {re.escape(place.name)}$", text, re.MULTILINE) is not None
    if place.file.startswith("migrations/"):
        return place.name in text
    return not place.name or place.name in defined_names(text)


def anchor(title: str) -> str:
    """Return the anchor of a heading, as forges make it."""
    return title.lower().replace(" ", "-")


def test_place_of_each_change_exists() -> None:
    found = places(PAGE)
    assert len(found) > 80
    assert [place for place in found if not is_there(place, ROOT)] == []


def test_text_of_each_link_is_its_file() -> None:
    assert [match["file"] for match in ROW.finditer(PAGE) if match["text"] != match["file"]] == []


def test_changes_of_maintainers_have_a_table_each() -> None:
    assert set(TITLES) >= CHANGES
    assert all(places(section) for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:])


@pytest.mark.parametrize("title", TITLES)
def test_readme_links_to_table_of_each_change(title: str) -> None:
    assert f"docs/changing.md#{anchor(title)}" in README


def test_place_that_does_not_exist_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("RULES: tuple[str, ...] = ()\n\ndef check() -> None: ...\n")
    assert is_there(Place("a.py", "RULES"), tmp_path) and is_there(Place("a.py", "check"), tmp_path)
    assert not is_there(Place("a.py", "gone"), tmp_path)
    assert not is_there(Place("gone.py", ""), tmp_path)
