"""The home folder of a hub on one machine: its files, and the lock that lets one hub use it.

- admin.json: the administrator's credentials, written at the first start
- keys/: the private and public key sets of the services
- database/: the embedded PostgreSQL
- logs/: one file per process
- NAME.heartbeat: touched by a worker each second
- run.json: the processes of the hub that runs now, or ran last

Only the user that runs the hub can read these files.
"""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.console import CommandError, saola_command
from services.cli.private_files import open_private
from services.cli.server_account import home_mode
from shared.durable_files import create_folder_durably

SIGNERS = ("gateway", "permits", "tokens", "webhooks")
"""The key sets that sign: internal calls of gateway and permits, access tokens, webhooks."""


@dataclass(frozen=True)
class Home:
    """One home folder, as an absolute path."""

    folder: Path

    @property
    def admin_file(self) -> Path:
        """The file with the administrator's credentials."""
        return self.folder / "admin.json"

    @property
    def database_folder(self) -> Path:
        """The folder of the embedded PostgreSQL."""
        return self.folder / "database"

    @property
    def run_file(self) -> Path:
        """The file that lists the running processes."""
        return self.folder / "run.json"

    def log_file(self, name: str) -> Path:
        """Return the log file of one process."""
        return self.folder / "logs" / f"{name}.log"

    def heartbeat_file(self, name: str) -> Path:
        """Return the file that a worker touches each second."""
        return self.folder / f"{name}.heartbeat"

    def private_keys(self, signer: str) -> Path:
        """Return the private key set of a signer."""
        return self.folder / "keys" / f"{signer}.private.json"

    def public_keys(self, signer: str) -> Path:
        """Return the public halves of a signer's keys."""
        return self.folder / "keys" / f"{signer}.public.json"

    @property
    def secret_keys(self) -> Path:
        """The key set that seals the secrets of endpoints."""
        return self.folder / "keys" / "secrets.json"

    def create(self) -> None:
        """Create the folders and the keys if they are missing. Raise CommandError."""
        from shared.key_files import create_encryption_keys, create_signing_keys

        try:
            self._create_folder()
            for name in ("keys", "logs"):
                create_folder_durably(self.folder / name)
                (self.folder / name).chmod(0o700)
            for signer in SIGNERS:
                create_signing_keys(self.private_keys(signer), self.public_keys(signer))
            create_encryption_keys(self.secret_keys)
        except OSError as error:
            raise CommandError(
                f"The home folder {self.folder} cannot be prepared: {error}. "
                "Name a folder that you may write: --home FOLDER"
            ) from None

    def _create_folder(self) -> None:
        """Create the home if it is missing. The mode of a folder that exists is the user's decision."""
        if not self.folder.exists():
            create_folder_durably(self.folder)
            self.folder.chmod(home_mode())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the home for the block, so that no second hub uses it. The lock ends with this process.

        Raise CommandError.
        """
        try:
            self._create_folder()
            lock = open_private(self.folder / "lock")
        except OSError as error:
            raise CommandError(
                f"The home folder {self.folder} cannot be used: {error.strerror}. "
                "Name a folder that you may write: --home FOLDER"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise CommandError(self._already_running_message()) from None
        with lock:
            yield

    def _already_running_message(self) -> str:
        where = self.read_run_file().get("urls", {}).get("gateway", "an unknown address")
        return (
            f"Another hub already uses the home folder {self.folder}. It runs at {where}. "
            f"Stop it first, or start a second one: {saola_command()} up --home ./other --port 8001"
        )

    def write_run_file(self, urls: Mapping[str, str], processes: Mapping[str, Mapping[str, float]]) -> None:
        """Write the running processes and their addresses. The next start ends those that a killed hub left behind."""
        new_file = self.run_file.with_suffix(".new")
        with open_private(new_file) as file:
            file.write((json.dumps({"urls": urls, "processes": processes}, indent=1) + "\n").encode())
        new_file.replace(self.run_file)

    def read_run_file(self) -> dict[str, Any]:
        """Return the content of the run file; an empty dict if it is missing or cannot be read."""
        try:
            found = json.loads(self.run_file.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
