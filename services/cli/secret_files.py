"""Credentials in files: written once, readable by their owner only."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.cli.console import CommandError, out
from shared.durable_files import sync_folder


def require_new_file(file: Path | None) -> None:
    """Raise CommandError if a file exists, before the command sends anything to the hub."""
    if file is not None and file.exists():
        raise CommandError(
            f"The file {file} exists, and the command does not overwrite it. Name a new file with --save."
        )


def save_credentials(file: Path, credential: Mapping[str, Any]) -> None:
    """Write a credential, mode 0600: its `client_id` and its `client_secret` or `private_key`. Raise CommandError."""
    stored = {name: credential[name] for name in ("client_id", "client_secret", "private_key") if name in credential}
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            json.dump(stored, opened)
            opened.flush()
            os.fsync(opened.fileno())  # the hub shows the secret once, so a power cut must not lose it
        sync_folder(file.absolute().parent)
    except OSError as error:
        message = (
            f"The file {file} cannot be written: {error.strerror}. The hub has created the credential "
            f"{stored['client_id']}, but its secret is lost. Disable it: saola credential disable PARTY CLIENT_ID"
        )
        raise CommandError(message) from None
    out.print(f"The credentials are in {file}. The hub does not show them again.", markup=False)
