"""Credentials on disk: written once, readable by their owner alone."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.cli.console import CommandError, out


def require_new_file(file: Path | None) -> None:
    """Refuse a file that is there already, before anything is asked of the hub."""
    if file is not None and file.exists():
        raise CommandError(f"{file} is there already and is not overwritten; name another file.")


def save_credentials(file: Path, credential: Mapping[str, Any]) -> None:
    """Write how a party proves itself, mode 0600: its `client_id` and `client_secret`, or `private_key`."""
    stored = {name: credential[name] for name in ("client_id", "client_secret", "private_key") if name in credential}
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            json.dump(stored, opened)
    except OSError as error:
        message = f"{file} cannot be written ({error.strerror}); the credential is {stored['client_id']}: end it."
        raise CommandError(message) from None
    out.print(f"Its credentials are in {file}; they are shown nowhere else.", markup=False)
