"""Links of the guides lead somewhere; a test runs each guide with commands; a guide or a test uses each example."""

import re
from pathlib import Path

import pytest

from tests.journeys.guide_pages import GUIDES, read_blocks

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?P<file>[^)#: ]*)(?:#(?P<anchor>[^) ]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
RUN_ELSEWHERE = {
    "README.md": "it starts the hub and the suite",
    "deploy.md": "tests/containers runs the compose file",
    "generated-clients.md": "tests/journeys/test_generated_clients.py",
}
"""Pages with commands that `tests/journeys/test_guides.py` does not run, and why."""
VARIABLE = re.compile(r"\$\{?([A-Z][A-Z_]*)\}?")
ASSIGNED = re.compile(r"(?:^|export |\s)([A-Z][A-Z_]*)=", re.MULTILINE)
OF_THE_SHELL = {"PWD", "PATH", "HOME"}


def broken_links(page: Path) -> list[str]:
    """Return the links of a page to a file or a heading that is not there."""
    broken = []
    for match in LINK.finditer(page.read_text()):
        target = page.parent / match["file"] if match["file"] else page
        anchors = (
            {anchor(title) for title in HEADING.findall(target.read_text())}
            if target.suffix == ".md" and target.is_file()
            else set()
        )
        if not target.exists() or (match["anchor"] and match["anchor"] not in anchors):
            broken.append(match[0])
    return broken


def anchor(title: str) -> str:
    """Return the anchor of a heading, as forges make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page."""
    return {anchor(title) for title in HEADING.findall(page.read_text())}


def commands(page: Path) -> str:
    """Return the shell commands of a page."""
    return "".join(block.text for block in read_blocks(page.read_text()) if block.language == "sh")


def unused_examples(examples: list[Path], texts: list[str]) -> list[str]:
    """Return the names of the examples that no text names."""
    return [path.name for path in examples if not any(f"examples/{path.name}" in text for text in texts)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_page_lead_to_file_and_heading(page: Path) -> None:
    assert broken_links(page) == []


def test_page_with_commands_is_run_by_a_test() -> None:
    with_commands = {page.name for page in PAGES if commands(page)}
    assert with_commands == set(GUIDES) | RUN_ELSEWHERE.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_variable_in_commands_is_set_before(page: Path) -> None:
    text = commands(page)
    unset = {
        match[1]
        for match in VARIABLE.finditer(text)
        if match[1] not in OF_THE_SHELL and match[1] not in ASSIGNED.findall(text[: match.start()])
    }
    assert unset == set()


def test_example_is_used_by_a_guide_that_a_test_runs() -> None:
    examples = sorted((ROOT / "examples").iterdir())
    guides = [commands(ROOT / "docs" / page) for page in GUIDES]
    assert examples
    assert unused_examples(examples, guides) == []


def test_unused_example_and_broken_link_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One title\n[a](#one-title) [b](gone.md) [c](#gone)\n")
    assert broken_links(page) == ["](gone.md)", "](#gone)"]
    assert unused_examples([Path("a.json"), Path("b.json")], ["cat examples/a.json"]) == ["b.json"]
