"""Who may come in: parties and their credentials, for the administrator; mandates, for traders."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import ADMIN_FILE, DEFAULT_HUB, AdminFile, AsJson, CredentialsFile, HubUrl

PANEL = "Who may come in"
party = typer.Typer(no_args_is_help=True, help="Parties: traders, customs, authorities, partners. add, list, disable.")
credential = typer.Typer(no_args_is_help=True, help="How parties prove themselves. add, list, rotate, disable.")
mandate = typer.Typer(no_args_is_help=True, help="Who declares for whom. add, list, revoke.")
Party = Annotated[str, typer.Argument(help="The party's id, or its name where only one is called so.")]
ClientId = Annotated[str, typer.Argument(help="The credential's client_id.")]
Save = Annotated[Path | None, typer.Option(help="Write the credentials to this new file, for its owner alone.")]
PublicKey = Annotated[Path | None, typer.Option(help="The client's own public key, JWK or PEM, in place of a secret.")]


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
    admin: AdminFile = ADMIN_FILE,
) -> None:
    """Add a party to the hub, and with --save its credentials."""
    from services.cli.client_access import open_hub
    from services.cli.parties import add

    with open_hub(hub, admin) as opened:
        add(opened, name=name, country=country, roles=role, identifiers=identifier or [], save=save)


@party.command("list")
def party_list(hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE, as_json: AsJson = False) -> None:
    """List all parties, newest first, the disabled ones among them."""
    from services.cli.client_access import open_hub
    from services.cli.parties import print_list

    with open_hub(hub, admin) as opened:
        print_list(opened, as_json=as_json)


@party.command("disable")
def party_disable(named: Party, hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE) -> None:
    """Let a party in no more; its tokens are refused within a minute everywhere. What it did stands."""
    from services.cli.client_access import open_hub
    from services.cli.parties import set_disabled

    with open_hub(hub, admin) as opened:
        set_disabled(opened, named, disabled=True)


@party.command("enable")
def party_enable(named: Party, hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE) -> None:
    """Let a disabled party in again."""
    from services.cli.client_access import open_hub
    from services.cli.parties import set_disabled

    with open_hub(hub, admin) as opened:
        set_disabled(opened, named, disabled=False)


@credential.command("add")
def credential_add(
    named: Party,
    public_key: PublicKey = None,
    own_key: Annotated[
        bool, typer.Option("--own-key", help="Make a key here, give the hub its public half, keep both in --save.")
    ] = False,
    expires_at: Annotated[str | None, typer.Option(help="When it ends by itself: 2027-01-01T00:00:00Z")] = None,
    save: Save = None,
    hub: HubUrl = DEFAULT_HUB,
    admin: AdminFile = ADMIN_FILE,
) -> None:
    """Give a party a credential: a secret, shown this once, or a key. Several may live at once."""
    from services.cli.client_access import open_hub
    from services.cli.credentials import add

    with open_hub(hub, admin) as opened:
        add(opened, named, key=public_key, own_key=own_key, expires_at=expires_at, save=save)


@credential.command("list")
def credential_list(
    named: Party, hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE, as_json: AsJson = False
) -> None:
    """List a party's living credentials, newest first: kind, last use, end; never a secret."""
    from services.cli.client_access import open_hub
    from services.cli.credentials import print_list

    with open_hub(hub, admin) as opened:
        print_list(opened, named, as_json=as_json)


@credential.command("rotate")
def credential_rotate(
    named: Party,
    client_id: ClientId,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="How long the old one still works.")] = 24,
    public_key: PublicKey = None,
    save: Save = None,
    hub: HubUrl = DEFAULT_HUB,
    admin: AdminFile = ADMIN_FILE,
) -> None:
    """Make a new credential in the place of one, which works on for a while."""
    from services.cli.client_access import open_hub
    from services.cli.credentials import rotate

    with open_hub(hub, admin) as opened:
        rotate(opened, named, client_id, overlap_hours=overlap_hours, key=public_key, save=save)


@credential.command("disable")
def credential_disable(
    named: Party, client_id: ClientId, hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE
) -> None:
    """End a credential; tokens it was given are refused within a minute everywhere."""
    from services.cli.client_access import open_hub
    from services.cli.credentials import disable

    with open_hub(hub, admin) as opened:
        disable(opened, named, client_id)


@mandate.command("add")
def mandate_add(
    agent: Annotated[str, typer.Argument(help="Party id of the agent: it reads it in GET /v1/me.")],
    first: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD; today when not said.")] = "",
    last: Annotated[str, typer.Option("--until", help="The last day, included; in a year when not said.")] = "",
    trader: Annotated[str | None, typer.Option(help="Party id of the trader; only the administrator names it.")] = None,
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Let an agent declare for a trader; the trader gives it itself, or the administrator for one it names."""
    from services.cli.client_access import open_hub
    from services.cli.mandates import add

    today = datetime.now(UTC).date()
    days = first or str(today), last or str(today + timedelta(days=365))
    with open_hub(hub, credentials) as opened:
        add(opened, agent=agent, trader=trader, first=days[0], last=days[1])


@mandate.command("list")
def mandate_list(hub: HubUrl = DEFAULT_HUB, credentials: CredentialsFile = ADMIN_FILE, as_json: AsJson = False) -> None:
    """List the mandates one gave or was given; the administrator lists all."""
    from services.cli.client_access import open_hub
    from services.cli.mandates import print_list

    with open_hub(hub, credentials) as opened:
        print_list(opened, as_json=as_json)


@mandate.command("revoke")
def mandate_revoke(
    mandate_id: Annotated[str, typer.Argument(help="The mandate's id.")],
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Take a mandate back; what was lodged under it stands."""
    from services.cli.client_access import open_hub
    from services.cli.mandates import revoke

    with open_hub(hub, credentials) as opened:
        revoke(opened, mandate_id)
