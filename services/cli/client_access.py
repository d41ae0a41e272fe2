"""Opens a hub for a command: whose credentials, from the environment or a file."""

import json
import os
from pathlib import Path

from saola_client import ClientKey, Hub
from services.cli.console import CommandError


def read_credentials(file: Path) -> tuple[str, str | ClientKey]:
    """Answer client id and secret, or the client's own key: from the environment, else from the file."""
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
            f"There are no credentials at {file}. Name the file the hub wrote at its first start (<home>/admin.json), "
            "or set SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        shape = '{"client_id": "…", "client_secret": "…"}, or with a `private_key` (JWK) in place of the secret'
        raise CommandError(f"{file} does not hold credentials: {shape}.") from None


def open_hub(url: str, file: Path, *, retry_seconds: float = 3.0) -> Hub:
    """Open a hub with those credentials; what does not answer is tried for three seconds, for a person waits."""
    return Hub(url, *read_credentials(file), retry_seconds=retry_seconds)
