"""The tree of tests mirrors the tree of the code: the path of a module gives the path of its tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MIRRORED = {
    "tests/gateway": "services/gateway",
    "tests/permits": "services/permits",
    "tests/notifications": "services/notifications",
    "tests/cli": "services/cli",
    "tests/shared": "shared",
    "tests/clients/python": "clients/python/saola_client",
}
"""Folders of tests, and the folders of the code that they mirror."""


def modules_named_by(test: Path, tests: Path, code: Path) -> Iterator[Path]:
    """Return the modules that a test file may be about: `test_release_part_loads.py` is about `release.py`."""
    folder = code / test.parent.relative_to(tests)
    words = test.stem.removeprefix("test_").split("_")
    for length in range(len(words), 0, -1):
        module = folder / "_".join(words[:length])
        yield module.with_suffix(".py")
        yield module / "__init__.py"


@pytest.mark.parametrize("mirror", MIRRORED)
def test_file_of_tests_has_name_and_folder_of_a_module(mirror: str) -> None:
    tests, code = ROOT / mirror, ROOT / MIRRORED[mirror]
    found = sorted(tests.rglob("test_*.py"))
    assert found
    lost = [
        str(test.relative_to(ROOT))
        for test in found
        if not any(module.is_file() for module in modules_named_by(test, tests, code))
    ]
    assert not lost, f"these name no module of {MIRRORED[mirror]} in the same folder: {lost}"


@pytest.mark.parametrize("mirror", MIRRORED)
def test_folder_of_tests_is_a_folder_of_the_code(mirror: str) -> None:
    tests, code = ROOT / mirror, ROOT / MIRRORED[mirror]
    folders = {file.parent.relative_to(tests) for file in tests.rglob("*.py")}
    assert not [str(folder) for folder in folders if not (code / folder).is_dir()]


def test_file_of_tests_without_a_module_is_found(tmp_path: Path) -> None:
    tests, code = tmp_path / "tests", tmp_path / "code"
    code.mkdir()
    (code / "release.py").touch()
    for name, known in (("test_release.py", True), ("test_release_part_loads.py", True), ("test_turns.py", False)):
        named = modules_named_by(tests / name, tests, code)
        assert any(module.is_file() for module in named) is known
