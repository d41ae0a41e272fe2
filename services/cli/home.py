"""The home folder of a hub on one machine: what lies where in it, and who holds it.

admin.json   the administrator's credentials, written at the first start
keys/        key sets that the services sign with, private and public
database/    the embedded PostgreSQL
logs/        one file a process
run.json     the processes of the hub that runs now, or ran last
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.console import CommandError

SIGNERS = ("gateway", "permits", "tokens", "webhooks")
"""What is signed: inside calls of the gateway and of permits, tokens given outside, letters sent outside."""


@dataclass(frozen=True)
class Home:
    """One home folder, absolute."""

    folder: Path

    @property
    def admin_file(self) -> Path:
        """Where the administrator's credentials lie."""
        return self.folder / "admin.json"

    @property
    def database_folder(self) -> Path:
        """Where PostgreSQL lives."""
        return self.folder / "database"

    @property
    def run_file(self) -> Path:
        """Where the running processes are noted."""
        return self.folder / "run.json"

    def log_file(self, name: str) -> Path:
        """Answer the log file of one process."""
        return self.folder / "logs" / f"{name}.log"

    def private_keys(self, signer: str) -> Path:
        """Answer the private key set of a signer."""
        return self.folder / "keys" / f"{signer}.private.json"

    def public_keys(self, signer: str) -> Path:
        """Answer the public halves of a signer's keys."""
        return self.folder / "keys" / f"{signer}.public.json"

    @property
    def secret_keys(self) -> Path:
        """Answer the key set that the secrets of webhooks are kept under."""
        return self.folder / "keys" / "secrets.json"

    def create(self) -> None:
        """Make the folders and, once, the keys."""
        from shared.key_files import create_encryption_keys, create_signing_keys

        try:
            for name, mode in (("", 0o755), ("keys", 0o700), ("logs", 0o755)):
                (self.folder / name).mkdir(mode=mode, parents=True, exist_ok=True)
            for signer in SIGNERS:
                create_signing_keys(self.private_keys(signer), self.public_keys(signer))
            create_encryption_keys(self.secret_keys)
        except OSError as error:
            raise CommandError(f"The home folder {self.folder} cannot be made ready: {error}.") from None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home, so that no second hub starts on it; the kernel lets go when this process ends."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise CommandError(f"The home folder {self.folder} cannot be used: {error.strerror}.") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise CommandError(self._already_running_message()) from None
        try:
            yield
        finally:
            os.close(descriptor)

    def _already_running_message(self) -> str:
        where = self.read_run_file().get("urls", {}).get("gateway", "an address not known yet")
        return (
            f"A hub already runs on {self.folder} (at {where}). "
            "Stop it first, or start another: saola up --home ./other --port 8001"
        )

    def write_run_file(self, urls: Mapping[str, str], processes: Mapping[str, Mapping[str, float]]) -> None:
        """Note what runs and where it listens; by it the next start ends what a killed hub left behind."""
        new_file = self.run_file.with_suffix(".new")
        new_file.write_text(json.dumps({"urls": urls, "processes": processes}, indent=1) + "\n")
        new_file.replace(self.run_file)

    def read_run_file(self) -> dict[str, Any]:
        """Answer what was noted last; nothing when there is no note or it cannot be read."""
        try:
            found = json.loads(self.run_file.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
