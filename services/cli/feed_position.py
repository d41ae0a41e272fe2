"""The feed positions and secrets of `saola listen`, in one small file for all hubs and parties."""

import json
import secrets
from base64 import b64encode
from pathlib import Path
from typing import Any

from services.cli.console import CommandError
from shared.durable_files import write_durably


class FeedPosition:
    """The position and the secret of one party at one hub. The file is readable by its owner only."""

    def __init__(self, file: Path, name: str) -> None:
        self._file, self._name = file, name
        stored = self._read().get(name, {})
        self.cursor: str | None = stored.get("cursor")
        self.secret: str = stored.get("secret") or "whsec_" + b64encode(secrets.token_bytes(32)).decode()

    def advance(self, cursor: str) -> None:
        """Store a cursor. All events before it are handled."""
        if cursor != self.cursor:
            self.cursor = cursor
            self.store()

    def store(self) -> None:
        """Write the file, completely or not at all. Raise CommandError."""
        positions = self._read() | {self._name: {"cursor": self.cursor, "secret": self.secret}}
        try:
            write_durably(self._file, (json.dumps(positions, indent=1) + "\n").encode())
        except OSError as error:
            raise CommandError(
                f"{self._file} cannot be written: {error.strerror}. Name another file: --keep FILE"
            ) from None

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise CommandError(
                f"{self._file} cannot be read: {error}. Remove it, or name another file: --keep FILE"
            ) from None
        return found if isinstance(found, dict) else {}
