"""Credentials on disk: written once, readable by their owner alone."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.cli.console import Trouble, out


def must_be_new(file: Path | None) -> None:
    """Refuse a file that is there already, before anything is asked of the hub."""
    if file is not None and file.exists():
        raise Trouble(f"{file} is there already and is not overwritten; name another file.")


def save_credentials(file: Path, proof: Mapping[str, Any]) -> None:
    """Write how a party proves itself, mode 0600: its `client_id` and `client_secret`, or `private_key`."""
    kept = {name: proof[name] for name in ("client_id", "client_secret", "private_key") if name in proof}
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            json.dump(kept, opened)
    except OSError as error:
        told = f"{file} cannot be written ({error.strerror}); the credential is {kept['client_id']}: end it."
        raise Trouble(told) from None
    out.print(f"Its credentials are in {file}; they are shown nowhere else.", markup=False)
