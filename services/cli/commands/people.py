"""Who may come in, for the administrator: parties, their credentials, their mandates."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import ADMIN, DEFAULT_HUB, AdminFile, HubUrl

PANEL = "Who may come in"
party = typer.Typer(no_args_is_help=True, help="Parties: traders, customs, authorities, partners.")


@party.command("add")
def party_add(
    name: Annotated[str, typer.Argument(help="The party's name.")],
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2, such as ZA.")],
    role: Annotated[list[str], typer.Option(help="trader, customs, authority, partner or admin; may be repeated.")],
    identifier: Annotated[
        list[str] | None, typer.Option(help="SCHEME=VALUE, such as EORI=FR99988877700011; may be repeated.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Make credentials and write them to this file.")] = None,
    hub: HubUrl = DEFAULT_HUB,
    admin: AdminFile = ADMIN,
) -> None:
    """Add a party to the hub, and with --save its credentials."""
    from services.cli.access import open_hub
    from services.cli.parties import add

    with open_hub(hub, admin) as opened:
        add(opened, name=name, country=country, roles=role, identifiers=identifier or [], save=save)
