"""The generated pages in docs/ are as the code generates them now."""

from pathlib import Path

import pytest

from services.cli import generate


def test_generated_pages_are_up_to_date() -> None:
    assert generate.list_stale_pages() == [], "run `make generate` and commit the files"


def test_generated_pages_that_are_stale_missing_or_superfluous_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reference"
    monkeypatch.setattr(generate, "FOLDER", folder)
    assert generate.main([]) == 0
    assert generate.list_stale_pages() == []
    (tmp_path / "rules.md").write_text("old")
    (folder / "transitions.md").unlink()
    (folder / "gone.md").write_text("nobody writes this any more")
    assert generate.list_stale_pages() == ["gone.md", "rules.md", "transitions.md"]
    assert generate.main(["--check"]) == 1
