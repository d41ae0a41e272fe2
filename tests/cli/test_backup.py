"""Backup and restore of a home: complete, private, and never under a running hub."""

import asyncio
from pathlib import Path

import pytest

from services.cli.backup import RECEIVERS_FIRST, restore_backup, write_backup
from services.cli.console import CommandError
from services.cli.databases import EmbeddedPostgres, create_databases
from services.cli.home import Home
from services.cli.server_account import temporary_home


async def _execute(embedded: EmbeddedPostgres, statement: str) -> list[int]:
    """Execute a statement in the gateway's database of a server that runs."""
    server = embedded.running_server()
    assert server is not None
    conn = await server.connect_as_superuser("gateway")
    try:
        return [row[0] for row in await conn.fetch(statement)]
    finally:
        await conn.close()


def test_backup_of_a_home_restores_its_databases_keys_and_administrator() -> None:
    with temporary_home("sb-") as folder:
        home, backup = Home(folder / "home"), folder / "backup"
        with home.lock():
            home.create()
        home.admin_file.write_text("first")
        embedded = EmbeddedPostgres(home.database_folder)
        asyncio.run(create_databases(embedded.start()))
        asyncio.run(_execute(embedded, "CREATE TABLE kept AS SELECT 1 AS value"))
        write_backup(home, backup)
        asyncio.run(_execute(embedded, "UPDATE kept SET value = 2"))
        embedded.stop()
        assert embedded.running_server() is None
        files = [backup, backup / "keys", backup / "admin.json", *backup.glob("*.dump")]
        assert [path for path in files if path.stat().st_mode & 0o077] == []

        keys = home.secret_keys.read_bytes()
        home.secret_keys.unlink()
        home.admin_file.write_text("second")
        restore_backup(home, backup)
        assert (home.admin_file.read_text(), home.secret_keys.read_bytes()) == ("first", keys)
        embedded.start()
        assert asyncio.run(_execute(embedded, "SELECT value FROM kept")) == [1]
        embedded.stop()


def test_backup_of_a_folder_without_a_hub_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no database"):
        write_backup(Home(tmp_path / "empty"), tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_restore_of_an_incomplete_backup_changes_nothing(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    (backup / "keys").mkdir(parents=True)
    for service in RECEIVERS_FIRST[1:]:
        (backup / f"{service}.dump").write_text("x")
    with pytest.raises(CommandError, match=r"notifications\.dump is missing"):
        restore_backup(Home(tmp_path / "home"), backup)
    assert not (tmp_path / "home").exists()


def test_restore_under_a_running_hub_is_refused(tmp_path: Path) -> None:
    home, backup = Home(tmp_path / "home"), tmp_path / "backup"
    (backup / "keys").mkdir(parents=True)
    for service in RECEIVERS_FIRST:
        (backup / f"{service}.dump").write_text("x")
    with home.lock(), pytest.raises(CommandError, match="already uses the home folder"):
        restore_backup(home, backup)
    assert not (home.folder / "keys").exists()
