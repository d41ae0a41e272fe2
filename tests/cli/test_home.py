"""The home folder: created once, private, used by one hub at a time."""

import multiprocessing
import os
from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.home import SIGNERS, Home


def test_home_keys_are_created_once_and_are_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    before = {signer: home.private_keys(signer).read_bytes() for signer in SIGNERS}
    home.create()
    assert {signer: home.private_keys(signer).read_bytes() for signer in SIGNERS} == before
    assert all(home.private_keys(signer).stat().st_mode & 0o777 == 0o600 for signer in SIGNERS)
    assert (home.folder / "keys").stat().st_mode & 0o777 == 0o700


def test_home_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    before = os.umask(0)
    try:
        with home.lock():
            home.create()
            home.write_run_file({}, {})
    finally:
        os.umask(before)
    assert home.folder.stat().st_mode & 0o777 == (0o711 if os.geteuid() == 0 else 0o700)
    assert {path.name: f"{path.stat().st_mode & 0o777:o}" for path in home.folder.iterdir()} == {
        "keys": "700",
        "logs": "700",
        "lock": "600",
        "run.json": "600",
    }


def test_home_of_an_earlier_version_becomes_private_and_its_own_mode_stays(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (home.folder / "logs").mkdir(parents=True)
    (home.folder / "lock").touch(0o644)
    home.folder.chmod(0o755)
    with home.lock():
        home.create()
    assert home.folder.stat().st_mode & 0o777 == 0o755
    assert (home.folder / "logs").stat().st_mode & 0o777 == 0o700
    assert (home.folder / "lock").stat().st_mode & 0o777 == 0o600


def test_public_key_set_contains_no_private_half(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    assert all('"d"' not in home.public_keys(signer).read_text() for signer in SIGNERS)


def test_home_lock_refuses_second_hub(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write_run_file({"gateway": "http://127.0.0.1:8000"}, {})
    with home.lock(), pytest.raises(CommandError, match=r"already uses .* It runs at http://127\.0\.0\.1:8000\."):
        home.lock().__enter__()
    with home.lock():
        pass


def test_home_in_use_is_refused_with_a_command_that_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(tmp_path / ".venv" / "bin" / "saola"), "up"])
    command = r"start a second one: \.venv/bin/saola up --home \./other --port 8001$"
    with Home(tmp_path).lock(), pytest.raises(CommandError, match=command):
        Home(tmp_path).lock().__enter__()


def lock_and_exit(folder: Path) -> None:
    """Lock a home and end without unlocking it."""
    Home(folder).lock().__enter__()


def test_home_lock_ends_with_its_process(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=lock_and_exit, args=(tmp_path,))
    process.start()
    process.join()
    with Home(tmp_path).lock():
        pass


def test_run_file_that_is_unreadable_counts_as_empty(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.run_file.write_text("{")
    assert home.read_run_file() == {}


def test_home_that_cannot_be_created_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = Home(tmp_path / "file" / "home")
    with pytest.raises(CommandError, match=r"cannot be prepared: .*Name a folder that you may write: --home FOLDER"):
        home.create()
    with pytest.raises(CommandError, match=r"cannot be used: .*Name a folder that you may write: --home FOLDER"):
        home.lock().__enter__()


def test_folders_of_new_home_survive_power_cut(tmp_path: Path) -> None:
    synced: list[Path] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.durable_files.sync_folder", synced.append)
        Home(tmp_path / "new" / "home").create()
    assert {tmp_path, tmp_path / "new", tmp_path / "new" / "home", tmp_path / "new" / "home" / "keys"} <= {*synced}
