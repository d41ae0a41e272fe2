"""Under root, PostgreSQL runs from a folder that its own system user can reach."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.databases import find_programs
from services.cli.server_account import find_server_account, reachable_programs, temporary_home

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user may enter."""
    with temporary_home("saola-test-programs-") as home:
        yield home


def test_open_installation_is_used_in_place(folder: Path) -> None:
    programs = folder / "package" / "postgresql" / "bin"
    programs.mkdir(mode=0o755, parents=True)
    assert reachable_programs(find_server_account(), programs, folder / "copies") == programs


def test_closed_installation_is_copied_once(folder: Path) -> None:
    account, copies, closed = find_server_account(), folder / "copies", folder / "closed"
    closed.mkdir(mode=0o700)
    original = find_programs()
    (closed / "packages").symlink_to(original.parents[2])
    programs = closed / "packages" / original.relative_to(original.parents[2])
    copy = reachable_programs(account, programs, copies)
    assert account.run([copy / "initdb", "--version"]).stdout.startswith("initdb (PostgreSQL)")
    before = copy.stat().st_ino
    assert reachable_programs(account, programs, copies) == copy
    assert (copy.stat().st_ino, len(list(copies.iterdir()))) == (before, 1)
