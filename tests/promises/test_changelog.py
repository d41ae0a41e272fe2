"""The changelog keeps its format, and its newest release is the version of the package, the API and the image."""

import re
import tomllib
from datetime import date
from importlib.metadata import version
from pathlib import Path

from services.gateway.main import VERSION

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
RELEASE = re.compile(r"^## \[(?P<version>\d+\.\d+\.\d+)\] - (?P<day>\d{4}-\d{2}-\d{2})$", re.MULTILINE)
CATEGORIES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
"""The categories of Keep a Changelog 1.1.0."""


def test_newest_release_is_version_of_package_api_and_image() -> None:
    newest = RELEASE.search(CHANGELOG)
    assert newest is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    images = {
        found
        for file in ("docker-compose.yml", ".env.example")
        for found in re.findall(r"saola:([\d.]+\d)", (ROOT / file).read_text())
    }
    assert {newest["version"]} == {project["version"], version("saola"), VERSION} | images


def test_headings_are_releases_and_categories_of_the_format() -> None:
    titles = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert titles[0] == "[Unreleased]"
    days = [date.fromisoformat(match["day"]) for match in RELEASE.finditer(CHANGELOG)]
    assert len(days) == len(titles) - 1 and days == sorted(days, reverse=True)
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= CATEGORIES


def test_entry_of_changelog_is_one_line() -> None:
    body = CHANGELOG.partition("## [Unreleased]")[2].splitlines()
    prose = [line for line in body if line and not line.startswith(("#", "- ", "["))]
    assert prose == []
