"""Commands that may be sent again under one key and their stored responses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.problems import Conflict


@dataclass(frozen=True)
class IdempotentCommand:
    """One command, named at the door: the same id again is the same command.

    `digest` is the SHA-256 of its body; `accepts_version` says whether it was given against a version (`If-Match`).
    """

    id: UUID
    fingerprint: bytes
    at: datetime
    digest: bytes = b""
    accepts_version: Callable[[int], bool] = lambda version: True

    def require_version(self, version: int) -> None:
        """Refuse a command that was given against another version than the one that stands (412)."""
        if not self.accepts_version(version):
            raise Conflict("version-stale", f"Version {version} stands. Read it, then ask again for that.")


@dataclass(frozen=True)
class StoredResponse:
    """What a command was answered with."""

    status: int
    body: str
    location: str | None
    version: int | None = None
    replayed: bool = False
