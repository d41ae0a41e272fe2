"""The home folder: made once, kept private, held by one hub at a time."""

import multiprocessing
from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.home import SIGNERS, Home


def test_keys_are_made_once_and_are_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    before = {signer: home.private_keys(signer).read_bytes() for signer in SIGNERS}
    home.create()
    assert {signer: home.private_keys(signer).read_bytes() for signer in SIGNERS} == before
    assert all(home.private_keys(signer).stat().st_mode & 0o777 == 0o600 for signer in SIGNERS)
    assert (home.folder / "keys").stat().st_mode & 0o777 == 0o700


def test_no_private_half_stands_in_a_public_key_set(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    assert all('"d"' not in home.public_keys(signer).read_text() for signer in SIGNERS)


def test_a_home_is_held_by_one_hub_at_a_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write_run_file({"gateway": "http://127.0.0.1:8000"}, {})
    with home.lock(), pytest.raises(CommandError, match=r"already runs on .* \(at http://127.0.0.1:8000\)"):
        home.lock().__enter__()
    with home.lock():
        pass


def hold_and_die(folder: Path) -> None:
    Home(folder).lock().__enter__()


def test_the_hold_ends_with_the_process_that_had_it(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=hold_and_die, args=(tmp_path,))
    process.start()
    process.join()
    with Home(tmp_path).lock():
        pass


def test_a_note_of_what_runs_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.run_file.write_text("{")
    assert home.read_run_file() == {}


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = Home(tmp_path / "file" / "home")
    with pytest.raises(CommandError, match="cannot be made ready"):
        home.create()
    with pytest.raises(CommandError, match="cannot be used"):
        home.lock().__enter__()
