"""How far one party's listening has come, and the secret it signs with: one small file for all hubs and parties."""

import json
import secrets
from base64 import b64encode
from pathlib import Path
from typing import Any

from services.cli.console import CommandError


class FeedPosition:
    """What is kept for one party at one hub; written anew at each step, for its owner alone to read."""

    def __init__(self, file: Path, name: str) -> None:
        self._file, self._name = file, name
        stored = self._read().get(name, {})
        self.cursor: str | None = stored.get("cursor")
        self.secret: str = stored.get("secret") or "whsec_" + b64encode(secrets.token_bytes(32)).decode()

    def advance(self, cursor: str) -> None:
        """Keep the cursor: what comes before it was dealt with."""
        if cursor != self.cursor:
            self.cursor = cursor
            self.store()

    def store(self) -> None:
        """Write the file, whole or not at all. Raises CommandError where it cannot be written."""
        positions = self._read() | {self._name: {"cursor": self.cursor, "secret": self.secret}}
        new_file = self._file.with_name(self._file.name + ".new")
        try:
            new_file.touch(mode=0o600)
            new_file.write_text(json.dumps(positions, indent=1) + "\n")
            new_file.replace(self._file)
        except OSError as error:
            raise CommandError(
                f"{self._file} cannot be written: {error.strerror}. Name another place: --keep FILE"
            ) from None

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise CommandError(
                f"{self._file} cannot be read: {error}. Remove it, or name another: --keep FILE"
            ) from None
        return found if isinstance(found, dict) else {}
