"""The documents lead somewhere: each link resolves, and each decision has the same four parts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs/decisions"
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
PARTS = ["Context", "Decision", "Consequences", "Rejected"]


def documents() -> list[Path]:
    """Return the Markdown files of the repository that people read."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("clients/**/*.md")])


def broken_links(page: Path) -> Iterator[str]:
    """Yield the links of a page to a file or a heading that does not exist."""
    for target, heading in LINK.findall(page.read_text()):
        linked = (page.parent / target).resolve() if target else page
        if not linked.exists() or (heading and linked.suffix == ".md" and heading not in _anchors(linked)):
            yield f"{target}#{heading}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_link_of_a_document_leads_to_a_file(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_link_to_a_missing_file_or_heading_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](#one) [b](page.md#one) [c](https://x.example) [d](gone.md) [e](page.md#two)")
    assert list(broken_links(page)) == ["gone.md#", "page.md#two"]


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("0*.md")), ids=lambda page: page.stem)
def test_decision_has_a_number_a_date_a_status_and_four_parts(page: Path) -> None:
    text = page.read_text()
    assert re.match(rf"# {int(page.name[:4])}\. \S.*\n\nDate: \d{{4}}-\d\d-\d\d\. Status: \w.*\.\n\n## Context\n", text)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS


def test_index_of_decisions_names_each_page_once_in_order() -> None:
    listed = re.findall(r"^\| \[(\d+)\]\(([^)]+)\)", (DECISIONS / "README.md").read_text(), re.MULTILINE)
    assert listed == [(str(int(page.name[:4])), page.name) for page in sorted(DECISIONS.glob("0*.md"))]
    assert [int(number) for number, _ in listed] == list(range(1, len(listed) + 1))
