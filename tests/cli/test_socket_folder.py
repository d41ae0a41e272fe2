"""The socket's folder: private, and never in a place where another user can exchange it."""

import os
import shutil
from pathlib import Path

import pytest

from services.cli.server_account import ServerAccount
from services.cli.socket_folder import delete_socket_folder, prepare_socket_folder, require_private
from tests.small_disk import small_disk

OWN = ServerAccount(name="own", uid=os.geteuid(), gid=os.getegid())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder whose path is too long for a socket."""
    folder = tmp_path / ("n" * 90) / "data"
    folder.mkdir(parents=True)
    return folder


def test_socket_folder_of_a_short_path_is_the_data_folder(tmp_path: Path) -> None:
    assert prepare_socket_folder(Path("/short/data"), OWN, tmp_path) == Path("/short/data")


def test_socket_folder_of_a_long_path_is_new_and_private(tmp_path: Path, data: Path) -> None:
    folder = prepare_socket_folder(data, OWN, tmp_path)
    assert folder.parent == tmp_path and folder.stat().st_mode & 0o777 == 0o700
    assert prepare_socket_folder(data, OWN, tmp_path) == folder


@pytest.mark.parametrize(("mode", "is_refused"), [(0o777, True), (0o775, True), (0o1777, False), (0o755, False)])
def test_socket_folder_parent_that_others_may_write_needs_the_sticky_bit(
    tmp_path: Path, data: Path, mode: int, is_refused: bool
) -> None:
    tmp_path.chmod(mode)
    if is_refused:
        with pytest.raises(RuntimeError, match="Set the sticky bit"):
            prepare_socket_folder(data, OWN, tmp_path)
    else:
        assert prepare_socket_folder(data, OWN, tmp_path).is_dir()


def test_socket_folder_that_others_may_enter_is_replaced(tmp_path: Path, data: Path) -> None:
    folder = prepare_socket_folder(data, OWN, tmp_path)
    require_private(folder, OWN)
    folder.chmod(0o711)
    with pytest.raises(RuntimeError, match="must be a folder of the user own with mode 0700"):
        require_private(folder, OWN)
    assert prepare_socket_folder(data, OWN, tmp_path) != folder


def test_socket_folder_that_became_a_link_is_replaced(tmp_path: Path, data: Path) -> None:
    folder = prepare_socket_folder(data, OWN, tmp_path)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RuntimeError, match="must be a folder"):
        require_private(folder, OWN)
    assert prepare_socket_folder(data, OWN, tmp_path) not in {folder, tmp_path / "elsewhere"}


def test_socket_folder_of_another_user_is_refused(tmp_path: Path, data: Path) -> None:
    folder = prepare_socket_folder(data, OWN, tmp_path)
    other = ServerAccount(name="other", uid=OWN.uid + 1, gid=OWN.gid)
    with pytest.raises(RuntimeError, match="must be a folder of the user other"):
        require_private(folder, other)


def test_socket_folder_of_a_copied_home_is_another_one(tmp_path: Path, data: Path) -> None:
    folder = prepare_socket_folder(data, OWN, tmp_path)
    copied = data.parent.with_name("c" * 90) / "data"
    shutil.copytree(data.parent, copied.parent)
    other = prepare_socket_folder(copied, OWN, tmp_path)
    assert other != folder
    delete_socket_folder(copied, tmp_path)
    assert folder.exists() and not other.exists()


def test_socket_folder_that_cannot_be_recorded_does_not_remain(tmp_path: Path) -> None:
    with small_disk("1m") as disk:
        data = disk.folder / ("n" * 90) / "data"
        data.mkdir(parents=True)
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            prepare_socket_folder(data, OWN, tmp_path)
        assert list(tmp_path.iterdir()) == []
        disk.free()
        assert prepare_socket_folder(data, OWN, tmp_path).parent == tmp_path


def test_socket_folder_in_the_data_folder_is_not_deleted(tmp_path: Path) -> None:
    delete_socket_folder(tmp_path, tmp_path.parent)
    assert tmp_path.exists()
