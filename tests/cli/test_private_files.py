"""Files that only the hub's user can read, whatever the umask, and also files of an earlier version."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from services.cli.private_files import append_private, open_private


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize(("opener", "content"), [(open_private, b"new"), (append_private, b"oldnew")])
def test_private_file_of_an_earlier_version_becomes_private(
    tmp_path: Path, opener: Callable[[Path], BinaryIO], content: bytes
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    assert file.stat().st_mode & 0o777 == 0o666
    with opener(file) as opened:
        opened.write(b"new")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes() == content


@pytest.mark.parametrize("opener", [open_private, append_private])
def test_private_file_that_is_new_is_private(tmp_path: Path, opener: Callable[[Path], BinaryIO]) -> None:
    opener(tmp_path / "file").close()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
