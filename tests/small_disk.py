"""A small disk that a test fills: a file system in memory, which only root can mount."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest

from services.cli.databases import Server
from services.cli.server_account import find_server_account, temporary_home


class SmallDisk:
    """A mounted disk with a file that takes all of its free space."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, *, leave_bytes: int = 0) -> None:
        """Write until the disk is full, or has so many bytes left."""
        with self._filler.open("ab", buffering=0) as file:
            free = os.statvfs(self.folder)
            try:
                for _ in range(free.f_bavail + 1):
                    file.write(b"x" * free.f_frsize)
            except OSError:
                file.truncate(self._filler.stat().st_size - leave_bytes)
                return
        raise AssertionError("the disk is not full")

    def free(self) -> None:
        """Delete the file that takes the space."""
        self._filler.unlink()


@contextmanager
def small_disk(size: str) -> Iterator[SmallDisk]:
    """Mount a disk of a size such as `2m`, and unmount it in the end. Skip the test where that is not possible."""
    with temporary_home("sd-") as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0711", "tmpfs", folder], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("this test mounts a disk, and only root with the right to mount can do that")
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@asynccontextmanager
async def tables_on_small_disk(server: Server, database: str, service: str, *tables: str) -> AsyncIterator[SmallDisk]:
    """Move tables of a database, and the temporary files of its service, to a small disk. Move the tables back."""
    if os.environ.get("SAOLA_TEST_DATABASE", "embedded") != "embedded":
        pytest.skip("the server of this run does not see the disks of this machine")
    with small_disk("3m") as disk:
        location, name = disk.folder / "tables", f"small_{database}"
        location.mkdir()
        account = find_server_account()
        os.chown(location, account.uid, account.gid)
        admin = await server.connect_as_superuser(database)
        try:
            await admin.execute(f"CREATE TABLESPACE {name} LOCATION '{location}'")
            await admin.execute(f"GRANT CREATE ON TABLESPACE {name} TO {service}_runner")
            await admin.execute(f"ALTER ROLE {service}_runner IN DATABASE {database} SET temp_tablespaces = '{name}'")
            await _move(admin, tables, name)
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
                database,
            )
            yield disk
            await _move(admin, tables, "pg_default")
            await admin.execute(f"ALTER ROLE {service}_runner IN DATABASE {database} RESET temp_tablespaces")
            await admin.execute(f"DROP TABLESPACE {name}")
        finally:
            await admin.close()


async def _move(admin: "asyncpg.Connection[asyncpg.Record]", tables: tuple[str, ...], tablespace: str) -> None:
    for table in tables:
        await admin.execute(f"ALTER TABLE {table} SET TABLESPACE {tablespace}")
