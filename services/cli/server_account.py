"""The system user that the embedded PostgreSQL runs as, and the folders that this user must reach.

PostgreSQL refuses to run as root. If root starts the hub, the server runs as the system user `pgserver`. The hub then
never changes the mode of a folder that it did not create: it refuses a home that this user cannot reach.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHORT_PARENT = Path("/tmp")  # noqa: S108 - `mkdtemp` makes a private folder in it
PROGRAM_COPIES = Path("/var/cache/saola")
"""Where root copies the programs of PostgreSQL if the server's user cannot reach the installation of the hub."""
UNPRIVILEGED_NAME = "pgserver"
"""The system user of the server if root starts the hub. The hub creates it once."""
ENTER_FOLDERS = 'for folder; do cd "$folder" 2>/dev/null || { printf "%s" "$folder"; exit 1; }; done'
REPLACE_FILE = 'umask 077; cat > "$0.new" && mv -f "$0.new" "$0"'


@dataclass(frozen=True)
class ServerAccount:
    """The user and the group of the server's processes and files."""

    name: str
    uid: int
    gid: int

    def popen(self, command: Sequence[str | Path], *, stdin: int, log: int) -> "subprocess.Popen[bytes]":
        """Start a process as this user, in a session of its own. Both of its outputs go to `log`."""
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            user=self._other_uid,
            group=self._other_gid,
            extra_groups=None if self._other_uid is None else [],
        )

    def run(self, command: Sequence[str | Path], text: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command as this user, with `text` on its stdin. Return its status and its outputs."""
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self._other_uid,
            group=self._other_gid,
            extra_groups=None if self._other_uid is None else [],
        )

    def replace_file(self, file: Path, text: str) -> None:
        """Write a file of this user, readable by this user only. Raise OSError.

        This user does the writing. So root follows no link that the folder of this user contains.
        """
        written = self.run(["/bin/sh", "-c", REPLACE_FILE, file], text)
        if written.returncode:
            raise OSError(f"{file} cannot be written as {self.name}: {written.stderr.strip()}")

    def find_closed_folder(self, folder: Path) -> Path | None:
        """Return the outermost folder on the way to `folder` that this user cannot enter; None if there is none."""
        way = [*reversed(folder.parents), folder]
        entered = self.run(["/bin/sh", "-c", ENTER_FOLDERS, "sh", *way])
        return Path(entered.stdout) if entered.returncode else None

    @property
    def _other_uid(self) -> int | None:
        """The user to become; None if this process already is that user, and so may become nobody else."""
        return None if self.uid == os.geteuid() else self.uid

    @property
    def _other_gid(self) -> int | None:
        return None if self.uid == os.geteuid() else self.gid


def find_server_account() -> ServerAccount:
    """Return the user that runs this process; for root, the user `pgserver`, created if missing. Raise RuntimeError."""
    if os.geteuid() != 0:
        return _account(pwd.getpwuid(os.geteuid()))
    try:
        return _account(pwd.getpwnam(UNPRIVILEGED_NAME))
    except KeyError:
        pass
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", UNPRIVILEGED_NAME],
            check=True,
            capture_output=True,
        )
        return _account(pwd.getpwnam(UNPRIVILEGED_NAME))
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise RuntimeError(
            f"PostgreSQL refuses to run as root, and the system user {UNPRIVILEGED_NAME} cannot be created: {error}. "
            "Create this user, or run the hub as an ordinary user."
        ) from None


def _account(entry: pwd.struct_passwd) -> ServerAccount:
    return ServerAccount(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def home_mode() -> int:
    """Return the mode of a home that the hub creates. If root starts the hub, the server's user may pass through it."""
    return 0o711 if os.geteuid() == 0 else 0o700


@contextmanager
def temporary_home(prefix: str) -> Iterator[Path]:
    """Yield a new folder under /tmp that the server's user may pass through. Delete it at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=SHORT_PARENT))
    try:
        folder.chmod(home_mode())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_reachable(account: ServerAccount, home: Path) -> None:
    """Raise RuntimeError if the server's user cannot reach the home of the hub."""
    if (closed := account.find_closed_folder(home)) is not None:
        raise RuntimeError(
            f"PostgreSQL runs as the system user {account.name}, which cannot enter {closed}. The hub does not change "
            "the mode of that folder. Name a home in a folder that every user may enter, for example: "
            "--home /var/lib/saola"
        )


def reachable_programs(account: ServerAccount, programs: Path, copies: Path = PROGRAM_COPIES) -> Path:
    """Return the folder `bin` of PostgreSQL, or that of a copy of the installation that the server's user can reach.

    If root installed the hub in a folder that others cannot enter, root copies PostgreSQL once (60 MB) into `copies`.
    """
    if account.find_closed_folder(programs) is None:
        return programs
    package, within = programs.parents[1], programs.relative_to(programs.parents[2])
    changed_at = (programs / "postgres").stat().st_mtime_ns
    copy = copies / hashlib.sha256(f"{package} {changed_at}".encode()).hexdigest()[:16]
    if not copy.exists():
        _copy_folders([programs.parent, package.with_name(f"{package.name}.libs")], package.parent, copy)
    return copy / within


def _copy_folders(folders: Sequence[Path], base: Path, copy: Path) -> None:
    """Copy folders below `base` into `copy`, which then exists whole or not at all. Raise RuntimeError.

    The programs find their libraries by the path from one folder to the other.
    """
    try:
        if not copy.parent.exists():
            copy.parent.mkdir(parents=True)
            copy.parent.chmod(0o755)
        with tempfile.TemporaryDirectory(prefix="new-", dir=copy.parent) as temporary:
            new = Path(temporary, "copy")
            for folder in folders:
                shutil.copytree(folder, new / folder.relative_to(base), symlinks=True)
            for folder in (new, *(path for path in new.rglob("*") if path.is_dir())):
                folder.chmod(0o755)
            new.rename(copy)
    except OSError as error:
        if not copy.exists():  # another process may have made the same copy
            raise RuntimeError(f"PostgreSQL cannot be copied to {copy}: {error}") from None
