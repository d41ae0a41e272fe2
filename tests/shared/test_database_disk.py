"""The free space on the disk of a database on this machine."""

import pytest

from shared.database_disk import is_database_disk_full
from tests.small_disk import small_disk


def test_disk_of_the_named_folder_is_full_until_a_recovery_has_space(monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk("40m") as disk:
        monkeypatch.setenv("SAOLA_DATABASE_FOLDER", str(disk.folder))
        assert not is_database_disk_full()
        (disk.folder / "other").write_bytes(bytes(9 * 2**20))
        assert is_database_disk_full()
        (disk.folder / "other").unlink()
        assert not is_database_disk_full()


@pytest.mark.parametrize("folder", [None, "/missing/folder"])
def test_disk_of_a_database_elsewhere_is_not_full(folder: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.database_disk.MIN_RECOVERY_BYTES", 2**80)
    monkeypatch.delenv("SAOLA_DATABASE_FOLDER", raising=False)
    if folder is not None:
        monkeypatch.setenv("SAOLA_DATABASE_FOLDER", folder)
    assert not is_database_disk_full()
