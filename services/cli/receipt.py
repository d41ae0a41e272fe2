"""`saola verify-receipt`: checks a receipt with the hub's published keys, without asking the hub anything."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from rich.table import Table

from saola_client.receipts import verify_receipt
from services.cli.console import CommandError, out

RECEIPT_KEYS_PATH = "/.well-known/receipt-keys.json"


def verify_file(file: Path, keys: str, content: Path | None) -> None:
    """Check a receipt in a file and print what it says; raises CommandError or BadReceipt."""
    claims = verify_receipt(
        _read(file).decode(errors="replace"), _load_keys(keys), None if content is None else _read(content)
    )
    table = Table(box=None, show_header=False)
    for name, value in claims.items():
        table.add_row(name, str(value))
    out.print(table)
    out.print("[green]The receipt is genuine.[/]" + (" It is for these bytes." if content is not None else ""))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None


def _load_keys(location: str) -> dict[str, Any]:
    """Read a JWKS from a file, or from an address."""
    try:
        if location.startswith(("http://", "https://")):
            with urllib.request.urlopen(location, timeout=10) as response:  # noqa: S310 - http and https only, see above
                text = response.read(1_000_000)
        else:
            text = Path(location).read_bytes()
        found: dict[str, Any] = json.loads(text)
    except (OSError, ValueError) as error:
        raise CommandError(
            f"{location} holds no keys: {error}. Save {RECEIPT_KEYS_PATH} of the hub, and name that file."
        ) from None
    return found
