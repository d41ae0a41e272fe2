"""The cluster of the embedded PostgreSQL: its data folder, created whole or not at all, and the rules of access."""

import glob
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from services.cli.server_account import ServerAccount, require_reachable
from services.cli.server_processes import find_processes, kill_processes
from shared.database_disk import is_disk_full
from shared.durable_files import create_folder_durably, sync_folder

SETTINGS = ("max_connections=200", "shared_buffers=128MB", "synchronous_commit=on")
ACCESS = """# Written by Saola at each start. Only the system user of the hub may connect.
local all all peer map=saola
local replication all peer map=saola
"""


def create_missing_cluster(folder: Path, programs: Path, account: ServerAccount) -> None:
    """Create the data folder with its cluster if it is missing. Raise RuntimeError or OSError."""
    create_folder_durably(folder.parent)
    data = folder.resolve()
    require_reachable(account, data.parent)
    _delete_unfinished(data)
    if data.exists():
        _require_own(data, account)
    if not (data / "PG_VERSION").exists():
        _create_cluster(data, programs, account)


def write_access_rules(data: Path, account: ServerAccount) -> None:
    """Write who may connect to the cluster. Raise OSError."""
    account.replace_file(data / "pg_hba.conf", ACCESS)
    hub_user = pwd.getpwuid(os.geteuid()).pw_name
    account.replace_file(data / "pg_ident.conf", f'# Written by Saola at each start.\nsaola "{hub_user}" all\n')


def _require_own(data: Path, account: ServerAccount) -> None:
    found, is_empty = data.stat().st_uid, data.stat().st_uid == os.geteuid() and not any(data.iterdir())
    if found != account.uid and not is_empty:
        raise RuntimeError(
            f"{data} belongs to the user id {found}, but the server runs as {account.name}. Start the hub as the user "
            "that created this home, or name another home: --home FOLDER"
        )


def _create_cluster(data: Path, programs: Path, account: ServerAccount) -> None:
    """Create the cluster in a new folder, which gets the name of the data folder when it is complete and on the disk.

    So a kill or a power cut leaves no half cluster, which would never start.
    """
    if data.exists() and any(data.iterdir()):
        raise RuntimeError(
            f"{data} contains files, but no database. Move them away, or name another home: --home FOLDER"
        )
    if data.is_mount():
        raise RuntimeError(f"{data} is a disk of its own. Mount that disk at {data.parent}, or name a home on it")
    new = Path(tempfile.mkdtemp(prefix=_unfinished_prefix(data), dir=data.parent))
    try:
        if account.uid != os.geteuid():
            os.chown(new, account.uid, account.gid)
        options = [f"--set={setting}" for setting in SETTINGS]
        initdb: list[str | Path] = [programs / "initdb", "--auth-host=reject", "--auth-local=peer", *options]
        created = account.run(
            [*initdb, "--encoding=utf8", "--username=postgres", "--pgdata", new]
        )  # it syncs its files
        if created.returncode and is_disk_full(data.parent):
            raise RuntimeError(f"the disk of {data.parent} is full. Free space on it")
        if created.returncode:
            raise RuntimeError(f"initdb failed: {created.stderr.strip()}")
        new.replace(data)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    sync_folder(data.parent)


def _delete_unfinished(data: Path) -> None:
    """Delete the folders in which a killed hub began a cluster, and end the processes that still work in them."""
    for found in data.parent.glob(f"{glob.escape(_unfinished_prefix(data))}*"):
        kill_processes(find_processes(found))
        shutil.rmtree(found, ignore_errors=True)


def _unfinished_prefix(data: Path) -> str:
    return f".{data.name}-unfinished-"
