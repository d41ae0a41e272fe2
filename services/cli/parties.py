"""`saola party`: adds, lists, disables and enables parties, and finds them by id or name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from saola_client import Hub
from services.cli.console import CommandError, out, saola_command
from services.cli.secret_files import require_new_file, save_credentials
from services.cli.tables import print_rows


def add(
    hub: Hub, *, name: str, country: str, roles: Sequence[str], identifiers: Sequence[str], save: Path | None
) -> None:
    """Add a party and print its id. With `save`, create its credentials and write them there, mode 0600."""
    body = {
        "name": name,
        "country": country.upper(),
        "roles": list(roles),
        "identifiers": _parse_identifiers(identifiers),
    }
    require_new_file(save)
    party = hub.create_party(body)
    out.print(f"{name} is party {party['id']}", markup=False)
    if save is not None:
        save_credentials(save, hub.create_credential(party["id"]))
    else:
        command = f"{saola_command()} credential add {party['id']} --save FILE"
        out.print(f"It has no credentials yet. This command adds them: {command}", markup=False)


def print_list(hub: Hub, *, as_json: bool) -> None:
    """Print all parties, newest first."""
    print_rows(hub.list_parties(), ("id", "name", "country", "roles", "identifiers", "disabled"), as_json=as_json)


def set_disabled(hub: Hub, party_id_or_name: str, *, disabled: bool) -> None:
    """Disable or enable a party."""
    party = read_party(hub, party_id_or_name)
    changed = hub.update_party(party["id"], {"disabled": disabled}, version=party["version"])
    status_text = "disabled: all services refuse it within a minute" if disabled else "enabled"
    out.print(f"{changed['name']} is {status_text}.", markup=False)


def read_party(hub: Hub, party_id_or_name: str) -> dict[str, Any]:
    """Return the party with an id, or the only one with a name. Raise CommandError."""
    try:
        return hub.read_party(str(UUID(party_id_or_name)))
    except ValueError:
        found = [party for party in hub.list_parties() if party["name"] == party_id_or_name]
    if len(found) == 1:
        return found[0]
    count_text = f"{len(found)} parties have" if found else "No party has"
    raise CommandError(
        f"{count_text} the name {party_id_or_name!r}. Use the party's id, which `saola party list` shows."
    )


def _parse_identifiers(identifiers: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in identifiers:
        scheme, equals, value = text.partition("=")
        if not (scheme and equals and value):
            raise CommandError(f"--identifier is {text!r}. Expected: SCHEME=VALUE, such as EORI=FR99988877700011.")
        found[scheme] = value
    return found
