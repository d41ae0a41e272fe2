"""Adds parties to a hub for a person at a terminal."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from services.cli.console import Trouble, out
from shared.client import Hub


def add(
    hub: Hub, *, name: str, country: str, roles: Sequence[str], identifiers: Sequence[str], save: Path | None
) -> None:
    """Add a party and tell its id; with `save` make its credentials and write them there, mode 0600."""
    body = {"name": name, "country": country.upper(), "roles": list(roles), "identifiers": _pairs(identifiers)}
    if save is not None and save.exists():
        raise Trouble(f"{save} is there already and is not overwritten; name another file.")
    made = hub.create_party(body)
    out.print(f"{name} is party {made['id']}", markup=False)
    if save is None:
        return
    pair = hub.create_credentials(made["id"])
    with os.fdopen(os.open(save, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"client_id": pair["client_id"], "client_secret": pair["client_secret"]}, file)
    out.print(f"Its credentials are in {save}; they are shown nowhere else.", markup=False)


def _pairs(identifiers: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in identifiers:
        scheme, equals, value = text.partition("=")
        if not (scheme and equals and value):
            raise Trouble(f"An identifier is written SCHEME=VALUE, such as EORI=FR99988877700011; this is not: {text}")
        found[scheme] = value
    return found
