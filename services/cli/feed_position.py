"""How far one party's listening has come, and the secret it signs with: one small file for all hubs and parties."""

import json
import secrets
from base64 import b64encode
from pathlib import Path
from typing import Any

from services.cli.console import Trouble


class Bookmark:
    """What is kept for one party at one hub; written anew at each step, for its owner alone to read."""

    def __init__(self, file: Path, name: str) -> None:
        self._file, self._name = file, name
        kept = self._read().get(name, {})
        self.cursor: str | None = kept.get("cursor")
        self.secret: str = kept.get("secret") or "whsec_" + b64encode(secrets.token_bytes(32)).decode()

    def move(self, cursor: str) -> None:
        """Keep the cursor: what comes before it was dealt with."""
        if cursor != self.cursor:
            self.cursor = cursor
            self.keep()

    def keep(self) -> None:
        """Write the file, whole or not at all. Raises Trouble where it cannot be written."""
        every = self._read() | {self._name: {"cursor": self.cursor, "secret": self.secret}}
        fresh = self._file.with_name(self._file.name + ".new")
        try:
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(every, indent=1) + "\n")
            fresh.replace(self._file)
        except OSError as error:
            raise Trouble(
                f"{self._file} cannot be written: {error.strerror}. Name another place: --keep FILE"
            ) from None

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise Trouble(f"{self._file} cannot be read: {error}. Remove it, or name another: --keep FILE") from None
        return found if isinstance(found, dict) else {}
