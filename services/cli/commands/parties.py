"""The commands of access: parties and their credentials, for the administrator; mandates, for traders."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import ADMIN_FILE, DEFAULT_HUB, AdminFile, AsJson, CredentialsFile, HubUrl

PANEL = "Parties and access"
party = typer.Typer(no_args_is_help=True, help="Parties: traders, customs, authorities, partners.")
credential = typer.Typer(no_args_is_help=True, help="The credentials of parties: secrets and keys.")
mandate = typer.Typer(no_args_is_help=True, help="The mandates by which agents declare for traders.")
Party = Annotated[str, typer.Argument(help="The party's id, or its name if no other party has it.")]
ClientId = Annotated[str, typer.Argument(help="The credential's client_id.")]
Save = Annotated[
    Path | None, typer.Option(help="Write the credentials to this new file, which only its owner can read.")
]
PublicKey = Annotated[
    Path | None, typer.Option(help="File with the client's own public key, JWK or PEM. It replaces a secret.")
]


@party.command(
    "add",
    epilog='Example: saola party add "B SARL" --country FR --role trader --identifier EORI=FR1 --save b.json',
)
def party_add(
    name: Annotated[str, typer.Argument(help="The party's name.")],
    country: Annotated[str, typer.Option(help="A country code of ISO 3166-1, such as ZA.")],
    role: Annotated[list[str], typer.Option(help="trader, customs, authority, partner or admin. You may repeat it.")],
    identifier: Annotated[
        list[str] | None, typer.Option(help="SCHEME=VALUE, such as EORI=FR99988877700011. You may repeat it.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Create credentials too, and write them to this new file.")] = None,
    hub: HubUrl = DEFAULT_HUB,
    admin: AdminFile = ADMIN_FILE,
) -> None:
    """Add a party to the hub. With --save, add its credentials too."""
    from services.cli.client_access import open_hub
    from services.cli.parties import add

    with open_hub(hub, admin) as opened:
        add(opened, name=name, country=country, roles=role, identifiers=identifier or [], save=save)


@party.command("list", epilog="Example: saola party list --json")
def party_list(hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE, as_json: AsJson = False) -> None:
    """List all parties, newest first, with the disabled ones."""
    from services.cli.client_access import open_hub
    from services.cli.parties import print_list

    with open_hub(hub, admin) as opened:
        print_list(opened, as_json=as_json)


@party.command("disable", epilog='Example: saola party disable "B SARL"')
def party_disable(named: Party, hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE) -> None:
    """Disable a party: within a minute all services refuse its tokens. Its declarations and permits stay valid."""
    from services.cli.client_access import open_hub
    from services.cli.parties import set_disabled

    with open_hub(hub, admin) as opened:
        set_disabled(opened, named, disabled=True)


@party.command("enable", epilog='Example: saola party enable "B SARL"')
def party_enable(named: Party, hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE) -> None:
    """Enable a disabled party again."""
    from services.cli.client_access import open_hub
    from services.cli.parties import set_disabled

    with open_hub(hub, admin) as opened:
        set_disabled(opened, named, disabled=False)


@credential.command("add", epilog='Example: saola credential add "B SARL" --own-key --save b.json')
def credential_add(
    named: Party,
    public_key: PublicKey = None,
    own_key: Annotated[
        bool,
        typer.Option("--own-key", help="Make a key pair here, send the public half to the hub, write both to --save."),
    ] = False,
    expires_at: Annotated[str | None, typer.Option(help="The time at which it expires: 2027-01-01T00:00:00Z")] = None,
    save: Save = None,
    hub: HubUrl = DEFAULT_HUB,
    admin: AdminFile = ADMIN_FILE,
) -> None:
    """Add a credential of a party: a secret, which is shown once, or a key. A party may have several."""
    from services.cli.client_access import open_hub
    from services.cli.credentials import add

    with open_hub(hub, admin) as opened:
        add(opened, named, key=public_key, own_key=own_key, expires_at=expires_at, save=save)


@credential.command("list", epilog='Example: saola credential list "B SARL"')
def credential_list(
    named: Party, hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE, as_json: AsJson = False
) -> None:
    """List a party's valid credentials, newest first: kind, last use, expiry. Secrets are never shown."""
    from services.cli.client_access import open_hub
    from services.cli.credentials import print_list

    with open_hub(hub, admin) as opened:
        print_list(opened, named, as_json=as_json)


@credential.command("rotate", epilog='Example: saola credential rotate "B SARL" CLIENT_ID --save b-new.json')
def credential_rotate(
    named: Party,
    client_id: ClientId,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="Hours for which the old one stays valid.")] = 24,
    public_key: PublicKey = None,
    save: Save = None,
    hub: HubUrl = DEFAULT_HUB,
    admin: AdminFile = ADMIN_FILE,
) -> None:
    """Replace a credential by a new one. The old one stays valid for --overlap-hours."""
    from services.cli.client_access import open_hub
    from services.cli.credentials import rotate

    with open_hub(hub, admin) as opened:
        rotate(opened, named, client_id, overlap_hours=overlap_hours, key=public_key, save=save)


@credential.command("disable", epilog='Example: saola credential disable "B SARL" CLIENT_ID')
def credential_disable(
    named: Party, client_id: ClientId, hub: HubUrl = DEFAULT_HUB, admin: AdminFile = ADMIN_FILE
) -> None:
    """Disable a credential: within a minute all services refuse its tokens."""
    from services.cli.client_access import open_hub
    from services.cli.credentials import disable

    with open_hub(hub, admin) as opened:
        disable(opened, named, client_id)


@mandate.command("add", epilog="Example: saola mandate add AGENT_ID --until 2027-12-31 --credentials trader.json")
def mandate_add(
    agent: Annotated[str, typer.Argument(help="The agent's party id, which the agent reads in GET /v1/me.")],
    first: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD. By default today.")] = "",
    last: Annotated[
        str, typer.Option("--until", help="The last day, included, YYYY-MM-DD. By default in a year.")
    ] = "",
    trader: Annotated[str | None, typer.Option(help="The trader's party id. Only the administrator names it.")] = None,
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Add a mandate by which an agent declares for a trader. The trader adds it, or the administrator with --trader."""
    from services.cli.client_access import open_hub
    from services.cli.mandates import add

    today = datetime.now(UTC).date()
    days = first or str(today), last or str(today + timedelta(days=365))
    with open_hub(hub, credentials) as opened:
        add(opened, agent=agent, trader=trader, first=days[0], last=days[1])


@mandate.command("list", epilog="Example: saola mandate list --credentials trader.json")
def mandate_list(hub: HubUrl = DEFAULT_HUB, credentials: CredentialsFile = ADMIN_FILE, as_json: AsJson = False) -> None:
    """List the mandates of the party as trader or agent. The administrator lists all."""
    from services.cli.client_access import open_hub
    from services.cli.mandates import print_list

    with open_hub(hub, credentials) as opened:
        print_list(opened, as_json=as_json)


@mandate.command("accept", epilog="Example: saola mandate accept MANDATE_ID --credentials agent.json")
def mandate_accept(
    mandate_id: Annotated[str, typer.Argument(help="The mandate's id.")],
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Accept a mandate that a trader offers your party."""
    from services.cli.client_access import open_hub
    from services.cli.mandates import accept

    with open_hub(hub, credentials) as opened:
        accept(opened, mandate_id)


@mandate.command("revoke", epilog="Example: saola mandate revoke MANDATE_ID --credentials trader.json")
def mandate_revoke(
    mandate_id: Annotated[str, typer.Argument(help="The mandate's id.")],
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Revoke a mandate. Declarations lodged under it stay valid."""
    from services.cli.client_access import open_hub
    from services.cli.mandates import revoke

    with open_hub(hub, credentials) as opened:
        revoke(opened, mandate_id)
