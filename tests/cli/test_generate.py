"""What is generated stands in docs/reference/, and the rules in docs/, as the code would write it now."""

from pathlib import Path

import pytest

from services.cli import generate


def test_the_reference_pages_are_as_the_code_would_write_them() -> None:
    assert generate.list_stale_pages() == [], "run `make generate` and commit what it writes"


def test_a_stale_a_missing_and_a_forgotten_page_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "reference"
    monkeypatch.setattr(generate, "FOLDER", folder)
    assert generate.main([]) == 0
    assert generate.list_stale_pages() == []
    (tmp_path / "rules.md").write_text("old")
    (folder / "transitions.md").unlink()
    (folder / "gone.md").write_text("nobody writes this any more")
    assert generate.list_stale_pages() == ["gone.md", "rules.md", "transitions.md"]
    assert generate.main(["--check"]) == 1
