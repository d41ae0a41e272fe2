"""`saola credential`: adds, lists, rotates and disables the credentials of parties."""

import json
from pathlib import Path
from typing import Any

from saola_client import ClientKey, Hub
from services.cli.console import CommandError, out
from services.cli.parties import read_party
from services.cli.secret_files import require_new_file, save_credentials
from services.cli.tables import print_rows

COLUMNS = ("client_id", "kind", "kids", "subject", "made_at", "last_used_at", "expires_at")


def add(
    hub: Hub, party_id_or_name: str, *, key: Path | None, own_key: bool, expires_at: str | None, save: Path | None
) -> None:
    """Add a credential of a party: a secret, a public key from a file, or a key pair made here and saved."""
    if own_key and (save is None or key is not None):
        raise CommandError("--own-key makes a new key. Name a new file for it with --save, and no --public-key.")
    require_new_file(save)
    generated_key = ClientKey.generate() if own_key else None
    body: dict[str, Any] = {"expires_at": expires_at} if expires_at else {}
    if generated_key is not None or key is not None:
        body["public_key"] = generated_key.public if generated_key is not None else _read_public_key(key)
    credential = hub.create_credential(read_party(hub, party_id_or_name)["id"], body)
    _print_credential(credential | ({"private_key": generated_key.private} if generated_key is not None else {}), save)


def print_list(hub: Hub, party_id_or_name: str, *, as_json: bool) -> None:
    """Print a party's valid credentials, newest first."""
    print_rows(hub.list_credentials(read_party(hub, party_id_or_name)["id"]), COLUMNS, as_json=as_json)


def rotate(
    hub: Hub, party_id_or_name: str, client_id: str, *, overlap_hours: int, key: Path | None, save: Path | None
) -> None:
    """Replace a credential by a new one. The old one stays valid for the overlap."""
    require_new_file(save)
    body: dict[str, Any] = {"overlap_hours": overlap_hours} | ({"public_key": _read_public_key(key)} if key else {})
    credential = hub.rotate_credential(read_party(hub, party_id_or_name)["id"], client_id, body)
    _print_credential(credential, save)
    out.print(
        f"The old credential {client_id} is valid until {credential['replaces']['ends_at'][:19]} UTC.", markup=False
    )


def disable(hub: Hub, party_id_or_name: str, client_id: str) -> None:
    """Disable a credential."""
    hub.delete_credential(read_party(hub, party_id_or_name)["id"], client_id)
    out.print(f"{client_id} is disabled. All services refuse it within a minute.", markup=False)


def _read_public_key(file: Path | None) -> str | dict[str, Any]:
    """Read a public key, PEM or JWK, in the form that the hub accepts. Raise CommandError."""
    try:
        text = Path(str(file)).read_text()
        found: str | dict[str, Any] = json.loads(text) if text.lstrip().startswith("{") else text
    except (OSError, ValueError) as error:
        raise CommandError(
            f"{file} cannot be read as a public key: {error}. Expected: a file with a JWK or PEM."
        ) from None
    return found


def _print_credential(credential: dict[str, Any], save: Path | None) -> None:
    out.print(f"client_id      {credential['client_id']}", markup=False)
    if save is not None and ("client_secret" in credential or "private_key" in credential):
        save_credentials(save, credential)
    elif "client_secret" in credential:
        out.print(
            f"client_secret  {credential['client_secret']}   (save it now: the hub shows it only once)", markup=False
        )
