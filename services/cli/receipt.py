"""`saola verify-receipt`: verifies a receipt with the hub's published keys."""

import json
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from rich.table import Table

from saola_client.receipts import verify_receipt
from services.cli.console import CommandError, out

RECEIPT_KEYS_PATH = "/.well-known/receipt-keys.json"


def verify_file(file: Path, keys: str, content: Path | None) -> None:
    """Verify a receipt in a file and print its content. Raise CommandError or BadReceipt."""
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
        raise CommandError(f"{file} cannot be read: {error.strerror}. Name a readable file.") from None


def _load_keys(location: str) -> dict[str, Any]:
    """Read a JSON Web Key Set from a file or an address. Raise CommandError."""
    try:
        if location.startswith(("http://", "https://")):
            with urllib.request.urlopen(location, timeout=10) as response:  # noqa: S310 - http and https only, see above
                text = response.read(1_000_000)
        else:
            text = Path(location).read_bytes()
        found = json.loads(text)
    except (OSError, HTTPException, ValueError) as error:
        found, fault = None, _explain_fault(error)
    else:
        fault = "the content is not a JSON Web Key Set"
    if not (isinstance(found, dict) and "keys" in found):
        raise CommandError(
            f"The keys cannot be read from {location}: {fault}. "
            f"Save {RECEIPT_KEYS_PATH} of the hub to a file, and name it with --keys FILE."
        )
    return found


def _explain_fault(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"the response has status {error.code}"
    if isinstance(error, URLError | TimeoutError | HTTPException):
        return "the address does not respond"
    if isinstance(error, OSError):
        return "there is no such file" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
    return "the content is not JSON"
