"""Credentials of parties, for a person at a terminal: given, listed, rotated, ended."""

import json
from pathlib import Path
from typing import Any

from saola_client import ClientKey, Hub
from services.cli.console import Trouble, out
from services.cli.parties import find
from services.cli.secret_files import must_be_new, save_credentials
from services.cli.tables import show

SHOWN = ("client_id", "kind", "kids", "subject", "made_at", "last_used_at", "expires_at")


def add(hub: Hub, named: str, *, key: Path | None, own_key: bool, expires_at: str | None, save: Path | None) -> None:
    """Give a party a credential: a secret, a public key from a file, or a key made here whose private half is kept."""
    if own_key and (save is None or key is not None):
        raise Trouble("A key that is made here has to be kept: name a file with --save, and no --public-key.")
    must_be_new(save)
    made_here = ClientKey.generate() if own_key else None
    asked: dict[str, Any] = {"expires_at": expires_at} if expires_at else {}
    if made_here is not None or key is not None:
        asked["public_key"] = made_here.public if made_here is not None else _public(key)
    given = hub.create_credentials(find(hub, named)["id"], asked)
    _tell(given | ({"private_key": made_here.private} if made_here is not None else {}), save)


def listed(hub: Hub, named: str, *, as_json: bool) -> None:
    """Show a party's living credentials, newest first."""
    show(hub.credentials(find(hub, named)["id"]), SHOWN, as_json=as_json)


def rotate(hub: Hub, named: str, client_id: str, *, overlap_hours: int, key: Path | None, save: Path | None) -> None:
    """Make a new credential in the place of one, which works on for the overlap."""
    must_be_new(save)
    asked: dict[str, Any] = {"overlap_hours": overlap_hours} | ({"public_key": _public(key)} if key else {})
    given = hub.rotate_credentials(find(hub, named)["id"], client_id, asked)
    _tell(given, save)
    out.print(f"{client_id} works until {given['replaces']['ends_at'][:19]} UTC.", markup=False)


def disable(hub: Hub, named: str, client_id: str) -> None:
    """End a credential."""
    hub.end_credentials(find(hub, named)["id"], client_id)
    out.print(f"{client_id} has ended: within a minute nobody lets it in.", markup=False)


def _public(file: Path | None) -> str | dict[str, Any]:
    """Read a public key, PEM or JWK, as the hub takes it."""
    try:
        text = Path(str(file)).read_text()
        found: str | dict[str, Any] = json.loads(text) if text.lstrip().startswith("{") else text
    except (OSError, ValueError) as error:
        raise Trouble(f"{file} holds no public key, JWK or PEM: {error}.") from None
    return found


def _tell(given: dict[str, Any], save: Path | None) -> None:
    out.print(f"client_id      {given['client_id']}", markup=False)
    if save is not None and ("client_secret" in given or "private_key" in given):
        save_credentials(save, given)
    elif "client_secret" in given:
        out.print(f"client_secret  {given['client_secret']}   (shown this once)", markup=False)
