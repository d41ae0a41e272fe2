"""Files that a power cut leaves in their old or in their new state, never empty."""

import stat
from pathlib import Path

import pytest

from shared.durable_files import replace_durably, write_durably
from tests.power_cut import volatile_disk


def test_file_after_power_cut_is_old_or_new_and_in_the_end_new(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with volatile_disk() as disk:
        write_durably(file, b"old")
        write_durably(file, b"new")
    possible = disk.possible(file)
    assert set().union(*possible) == {None, b"old", b"new"}
    assert possible[-1] == {b"new"}


def test_new_file_in_new_folder_survives_power_cut(tmp_path: Path) -> None:
    synced: list[Path] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.durable_files.sync_folder", synced.append)
        write_durably(tmp_path / "home" / "keys" / "file", b"new")
    assert synced == [tmp_path, tmp_path / "home", tmp_path / "home" / "keys"]


def test_file_after_failed_write_keeps_its_old_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_durably(file, b"old")
    with pytest.raises(OSError, match="full"), replace_durably(file) as opened:
        opened.write(b"ne")
        raise OSError("full")
    assert file.read_bytes() == b"old"


def test_file_is_readable_by_its_user_only_even_after_an_interrupted_write(tmp_path: Path) -> None:
    file = tmp_path / "file"
    (tmp_path / "file.new").write_bytes(b"interrupted")
    (tmp_path / "file.new").chmod(0o644)
    write_durably(file, b"new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
