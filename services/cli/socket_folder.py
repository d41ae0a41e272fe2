"""The folder of the database's Unix socket: only the server's user can enter it.

This is the data folder itself, if the path of the socket is short enough. Otherwise it is a private folder under /tmp.
"""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from services.cli.private_files import open_private
from services.cli.server_account import SHORT_PARENT, ServerAccount

SOCKET_NAME = ".s.PGSQL.5432"
MAX_SOCKET_PATH_BYTES = 103
"""The longest path of a Unix socket on every system: macOS has room for 103 bytes, Linux for 107."""
LIST_CHARACTERS = ',"'
"""A comma or a quote in the path has a meaning for PostgreSQL and its clients, which read a list of folders."""
PREFIX = "saola-socket-"


def prepare_socket_folder(data: Path, account: ServerAccount, parent: Path = SHORT_PARENT) -> Path:
    """Return the folder of the socket: the data folder, or a private folder in `parent`. Raise RuntimeError.

    A file next to the data folder records the second one. So it stays the same while the services use it, and after a
    kill the next hub of this home uses it again.
    """
    if _is_usable(data):
        return data
    recorded = _read_record(data, parent)
    if recorded is not None and _is_private_or_created(recorded, account):
        return recorded
    _require_safe_parent(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        _give(folder, account)
        with open_private(_record_file(data)) as record:
            record.write(f"{folder}\n{data}\n".encode())
    except OSError:  # on a full disk the hub repeats this, and each folder would remain
        folder.rmdir()
        raise
    return folder


def delete_socket_folder(data: Path, parent: Path = SHORT_PARENT) -> None:
    """Delete the private folder in `parent` that the hub created for this data folder, if there is one."""
    recorded = _read_record(data, parent)
    if recorded is not None:
        shutil.rmtree(recorded, ignore_errors=True)
        _record_file(data).unlink()


def require_private(folder: Path, account: ServerAccount) -> None:
    """Raise RuntimeError unless this is a real folder of the server's user that nobody else may enter."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise RuntimeError(
            f"{folder} must be a folder of the user {account.name} with mode 0700, because the socket of the database "
            f"is in it. It has mode {stat.S_IMODE(found.st_mode):04o} and belongs to the user id {found.st_uid}."
        )


def _record_file(data: Path) -> Path:
    return data.with_name(f"{data.name}.socket")


def _read_record(data: Path, parent: Path) -> Path | None:
    """Return the recorded folder; None if there is none, or if this data folder is a copy of another home."""
    try:
        folder, recorded_for = _record_file(data).read_text().splitlines()
    except (OSError, ValueError):
        return None
    found = Path(folder)
    is_own = Path(recorded_for) == data and found.parent == parent and found.name.startswith(PREFIX)
    return found if is_own else None


def _is_private_or_created(folder: Path, account: ServerAccount) -> bool:
    """Return whether the folder is private, after creating it again if somebody has deleted it."""
    try:
        folder.mkdir(mode=0o700)
        _give(folder, account)
    except FileExistsError:
        pass
    try:
        require_private(folder, account)
    except RuntimeError:
        return False
    return True


def _give(folder: Path, account: ServerAccount) -> None:
    if account.uid != os.geteuid():
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _is_usable(data: Path) -> bool:
    path = str(data / SOCKET_NAME)
    return len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES and not any(c in path for c in LIST_CHARACTERS)


def _require_safe_parent(parent: Path) -> None:
    """Raise RuntimeError if another user could exchange a folder in `parent`."""
    found = parent.stat()
    is_shared = bool(found.st_mode & 0o022)
    if found.st_uid not in {0, os.geteuid()} or (is_shared and not found.st_mode & stat.S_ISVTX):
        raise RuntimeError(
            f"The path of the home is too long for the socket of the database, and other users can exchange folders in "
            f"{parent}. Set the sticky bit of {parent}, or name a home with a shorter path: --home FOLDER"
        )
