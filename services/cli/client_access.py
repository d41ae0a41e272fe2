"""The access of a command to a hub: its credentials come from the environment or a file."""

import json
import os
from pathlib import Path

from saola_client import ClientKey, Hub
from services.cli.console import CommandError


def read_credentials(file: Path) -> tuple[str, str | ClientKey]:
    """Return the client id, and the secret or the client's own key: from the environment, else from the file.

    Raise CommandError.
    """
    pair = os.environ.get("SAOLA_CLIENT_ID"), os.environ.get("SAOLA_CLIENT_SECRET")
    if pair[0] and pair[1]:
        return pair[0], pair[1]
    try:
        found = json.loads(file.read_text())
        if "private_key" in found:
            return str(found["client_id"]), ClientKey(found["private_key"])
        return str(found["client_id"]), str(found["client_secret"])
    except FileNotFoundError:
        raise CommandError(
            f"There is no file {file} with credentials. Name another file with --credentials or --admin, such as "
            "<home>/admin.json of the hub's first start; or set SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        shape = '{"client_id": "…", "client_secret": "…"}, or `private_key` (JWK) instead of the secret'
        raise CommandError(
            f"{file} does not contain credentials. Expected: {shape}. "
            "`saola party add … --save FILE` writes such a file."
        ) from None


def open_hub(url: str, file: Path, *, retry_seconds: float = 3.0) -> Hub:
    """Return a hub opened with these credentials. It repeats a call without a response for `retry_seconds`."""
    return Hub(url, *read_credentials(file), retry_seconds=retry_seconds)
