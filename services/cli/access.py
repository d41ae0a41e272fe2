"""Opens a hub for a command: whose credentials, from the environment or a file."""

import json
import os
from pathlib import Path

from services.cli.console import Trouble
from shared.client import Hub


def credentials(file: Path) -> tuple[str, str]:
    """Answer client id and secret: SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET, else the file."""
    pair = os.environ.get("SAOLA_CLIENT_ID"), os.environ.get("SAOLA_CLIENT_SECRET")
    if pair[0] and pair[1]:
        return pair[0], pair[1]
    try:
        found = json.loads(file.read_text())
        return str(found["client_id"]), str(found["client_secret"])
    except FileNotFoundError:
        raise Trouble(
            f"There are no credentials at {file}. Name the file the hub wrote at its first start (<home>/admin.json), "
            "or set SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise Trouble(f'{file} does not hold credentials: {{"client_id": "…", "client_secret": "…"}}.') from None


def open_hub(url: str, file: Path, *, patience: float = 3.0) -> Hub:
    """Open a hub with those credentials; what does not answer is tried for three seconds, for a person waits."""
    return Hub(url, *credentials(file), patience=patience)
