"""Backup and restore of a hub on this machine: three dumps, the keys and the administrator's credentials.

A backup dumps each receiver before its sender: notifications, permits, gateway. So a sender has at least what its
receiver has, and sends again what the receiver lacks. The files have the names of `deploy/backup.sh`.
"""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.console import CommandError
from services.cli.databases import EmbeddedPostgres, Server, create_databases, find_programs
from services.cli.home import Home
from shared.durable_files import sync_folder, write_durably

RECEIVERS_FIRST = ("notifications", "permits", "gateway")
KEYS, ADMIN = "keys", "admin.json"


def write_backup(home: Home, folder: Path) -> None:
    """Write a backup of a home into a folder, while the hub runs or not. Raise CommandError."""
    if not home.database_folder.is_dir():
        raise CommandError(f"The home folder {home.folder} has no database. Name the home of a hub: --home FOLDER")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    embedded = EmbeddedPostgres(home.database_folder)
    with open_server(home, embedded) as server:
        for service in RECEIVERS_FIRST:
            target = _dump_file(folder, service)
            new_file = target.with_suffix(".new")
            _run("pg_dump", server, ["--format", "custom", "--file", str(new_file), service])
            _keep_durably(new_file, target)
    _copy_keys(home.folder / KEYS, folder / KEYS)
    (folder / KEYS).chmod(0o700)
    if home.admin_file.exists():
        write_durably(folder / ADMIN, home.admin_file.read_bytes())


def restore_backup(home: Home, folder: Path) -> None:
    """Restore a backup into a home whose hub does not run. The home loses the data that it has. Raise CommandError."""
    missing = [file.name for file in (_dump_file(folder, name) for name in RECEIVERS_FIRST) if not file.is_file()]
    if missing or not (folder / KEYS).is_dir():
        raise CommandError(
            f"{folder} is not a complete backup: {', '.join(missing or [KEYS])} is missing. Expected: a folder that "
            "`saola backup` wrote."
        )
    with home.lock():
        _copy_keys(folder / KEYS, home.folder / KEYS)
        (home.folder / KEYS).chmod(0o700)
        if (folder / ADMIN).exists():
            write_durably(home.admin_file, (folder / ADMIN).read_bytes())
        embedded = EmbeddedPostgres(home.database_folder)
        server = embedded.start()
        try:
            asyncio.run(create_databases(server))
            for service in RECEIVERS_FIRST:
                options = ["--dbname", service, "--clean", "--if-exists", "--single-transaction"]
                _run("pg_restore", server, [*options, str(_dump_file(folder, service))])
        finally:
            embedded.stop()


def _keep_durably(new_file: Path, target: Path) -> None:
    """Rename a finished dump after its content is on the disk, so that a power cut leaves no broken backup."""
    with new_file.open("rb") as finished:
        os.fsync(finished.fileno())
    new_file.replace(target)
    sync_folder(target.parent)


def _dump_file(folder: Path, service: str) -> Path:
    return folder / f"{service}.dump"


@contextmanager
def open_server(home: Home, embedded: EmbeddedPostgres) -> Iterator[Server]:
    """Yield the server of a home: the one that runs, or one for the time of the block."""
    running = embedded.running_server()
    if running is not None:
        yield running
        return
    with home.lock():
        server = embedded.start()
        try:
            yield server
        finally:
            embedded.stop()


def _run(program: str, server: Server, arguments: list[str]) -> None:
    """Run a program of PostgreSQL as its superuser. Raise CommandError with the first line of its error."""
    command = [str(find_programs() / program), "--host", server.host, "--port", str(server.port)]
    done = subprocess.run(
        [*command, "--username", server.user, *arguments], capture_output=True, text=True, check=False, umask=0o077
    )
    if done.returncode:
        fault = (done.stderr.strip() or "no message").splitlines()[0]
        raise CommandError(f"{program} failed: {fault}")


def _copy_keys(source: Path, target: Path) -> None:
    """Copy the key files. A power cut leaves each of them as it was or complete."""
    for file in sorted(source.iterdir()):
        if file.is_file():
            write_durably(target / file.name, file.read_bytes())
