"""Parties of a hub, for a person at a terminal: added, listed, disabled, found by their names."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from saola_client import Hub
from services.cli.console import Trouble, out
from services.cli.secret_files import must_be_new, save_credentials
from services.cli.tables import show


def add(
    hub: Hub, *, name: str, country: str, roles: Sequence[str], identifiers: Sequence[str], save: Path | None
) -> None:
    """Add a party and tell its id; with `save` make its credentials and write them there, mode 0600."""
    body = {"name": name, "country": country.upper(), "roles": list(roles), "identifiers": _pairs(identifiers)}
    must_be_new(save)
    made = hub.create_party(body)
    out.print(f"{name} is party {made['id']}", markup=False)
    if save is not None:
        save_credentials(save, hub.create_credentials(made["id"]))


def listed(hub: Hub, *, as_json: bool) -> None:
    """Show all parties, newest first."""
    show(hub.parties(), ("id", "name", "country", "roles", "identifiers", "disabled"), as_json=as_json)


def turn(hub: Hub, named: str, *, disabled: bool) -> None:
    """Disable a party, or enable it again."""
    party = find(hub, named)
    changed = hub.change_party(party["id"], {"disabled": disabled}, version=party["version"])
    said = "disabled: within a minute nobody lets it in" if disabled else "enabled"
    out.print(f"{changed['name']} is {said}.", markup=False)


def find(hub: Hub, named: str) -> dict[str, Any]:
    """Answer the party of an id, or the only one of a name."""
    try:
        return hub.party(str(UUID(named)))
    except ValueError:
        found = [party for party in hub.parties() if party["name"] == named]
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} parties are" if found else "No party is"
    raise Trouble(f"{many} called {named}. Name it by its id: saola party list")


def _pairs(identifiers: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in identifiers:
        scheme, equals, value = text.partition("=")
        if not (scheme and equals and value):
            raise Trouble(f"An identifier is written SCHEME=VALUE, such as EORI=FR99988877700011; this is not: {text}")
        found[scheme] = value
    return found
