"""The command line: what can be asked for, each command's work loaded only when it is called."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from services.cli.console import Trouble, err, out

DEFAULT_HUB = "http://127.0.0.1:8000"
ADMIN = Path(os.environ.get("SAOLA_HOME", "var")) / "admin.json"

HubUrl = Annotated[str, typer.Option("--hub", envvar="SAOLA_HUB", help="Address of the hub.")]
OtherHub = Annotated[
    str | None, typer.Option("--hub", envvar="SAOLA_HUB", help="Address of a hub; without it one is started for this.")
]
HomeFolder = Annotated[Path, typer.Option("--home", envvar="SAOLA_HOME", help="Everything is kept under this folder.")]
AdminFile = Annotated[
    Path,
    typer.Option(
        "--admin", help="The administrator's credentials; SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET come before it."
    ),
]
CredentialsFile = Annotated[
    Path,
    typer.Option(
        "--credentials", help="A party's credentials; SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET come before it."
    ),
]


class Commands(TyperGroup):
    """Runs a command; trouble that was foreseen is told in plain words on stderr, and the status is 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except Trouble as trouble:
            message = str(trouble)
        except Exception as error:
            from shared.client.errors import HubError

            if not isinstance(error, HubError):
                raise
            message = str(error)
        err.print(message, style="red", markup=False)
        raise typer.Exit(1)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Saola, the Single Window exchange hub for wildlife trade.",
    epilog="Begin with: saola up",
)
party = typer.Typer(no_args_is_help=True, help="Parties: traders, customs, authorities, partners.")
app.add_typer(party, name="party")


@app.command()
def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the hub listens, on 127.0.0.1.")] = 8000,
    home: HomeFolder = Path("var"),
) -> None:
    """Run a whole hub on this machine: three services, their workers, an embedded PostgreSQL."""
    from services.cli.home import Home
    from services.cli.up import Supervisor
    from services.cli.welcome import welcome

    place = Home(home.resolve())
    hub = Supervisor(place, port, out)
    hub.run(lambda seconds: welcome(place, hub.url, seconds))


@app.command()
def demo(
    hub: OtherHub = None,
    admin: AdminFile = ADMIN,
    receive_at: Annotated[
        str | None,
        typer.Option(help="This machine's IPv4 address, where the hub may send webhooks; 127.0.0.1 where it sends so."),
    ] = None,
) -> None:
    """Play the main journey over HTTP, telling it line by line; the status is 1 if a step is not as promised."""
    from services.cli.demo import play
    from services.cli.own_hub import administered

    with administered(hub, admin) as opened:
        play(opened, receive_at)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="CSV of trade that both sides reported; see docs/quickstart.md.")],
    hub: OtherHub = None,
    admin: AdminFile = ADMIN,
) -> None:
    """Play real trade through a hub: what was exported becomes permits, what was imported declarations."""
    from services.cli.own_hub import administered
    from services.cli.replay import play
    from services.cli.rows import read_rows

    rows = read_rows(file)
    with administered(hub, admin) as opened:
        play(opened, rows)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A declaration, JSON or XML.")],
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN,
) -> None:
    """Ask what the hub would find in a declaration; nothing is kept. The status is 1 if it would not pass."""
    from services.cli.access import open_hub
    from services.cli.check import check_file

    with open_hub(hub, credentials) as opened:
        passed = check_file(opened, file)
    if not passed:
        raise typer.Exit(1)


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="NDJSON: a declaration or a permit a line.")],
    answers: Annotated[
        Path | None, typer.Option(help="Where every answer is written; FILE.answers when not said.")
    ] = None,
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN,
) -> None:
    """Lodge declarations or issue permits from a file; run it again to go on where it broke. Status 1 if one failed."""
    from services.cli.access import open_hub
    from services.cli.load import load_file

    with open_hub(hub, credentials, patience=60.0) as opened:
        taken = load_file(opened, file, answers or file.with_name(file.name + ".answers"))
    if not taken:
        raise typer.Exit(1)


@app.command("verify-receipt")
def verify_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt, as GET /v1/declarations/{id}/receipt answers it.")],
    keys: Annotated[
        str | None,
        typer.Option(help="The hub's published keys (JWKS), a file or an address; asked of --hub if not said."),
    ] = None,
    content: Annotated[Path | None, typer.Option(help="The bytes it should be for.")] = None,
    hub: HubUrl = DEFAULT_HUB,
) -> None:
    """Check a receipt with the hub's published keys; with --keys FILE no network is needed. Status 1 if it is bad."""
    from services.cli.receipt import PUBLISHED, verify_file

    verify_file(file, keys or hub.rstrip("/") + PUBLISHED, content)


@app.command()
def token(hub: HubUrl = DEFAULT_HUB, credentials: CredentialsFile = ADMIN) -> None:
    """Print an access token: curl -H "Authorization: Bearer $(saola token)" …"""
    from services.cli.access import open_hub

    with open_hub(hub, credentials) as opened:
        print(opened.token())


@app.command()
def listen(
    forward: Annotated[
        str | None, typer.Option(help="Hand each on to this address, signed; http://127.0.0.1:3000/hooks")
    ] = None,
    types: Annotated[str, typer.Option(help="Only these: declaration.*,permit.used")] = "",
    after: Annotated[
        str | None, typer.Option(help="Begin after this cursor; empty for the beginning. Else where it ended, or now.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Where cursor and secret are kept; else listen.json beside the credentials.")
    ] = None,
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN,
) -> None:
    """Show a party's events as they come, and forward them to an address of this machine while one develops."""
    from services.cli.access import credentials as read_credentials
    from services.cli.access import open_hub
    from services.cli.bookmark import Bookmark
    from services.cli.listen import run

    name, _ = read_credentials(credentials)
    with open_hub(hub, credentials) as opened:
        bookmark = Bookmark(keep or credentials.with_name("listen.json"), f"{opened.url} {name}")
        bookmark.cursor = bookmark.cursor if after is None else after
        wanted = [one.strip() for one in types.split(",") if one.strip()]
        run(opened, bookmark, wanted, forward, lambda said: out.print(said, markup=False))


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


@app.command()
def migrate(
    service: Annotated[str, typer.Argument(help="gateway, permits, notifications, or all of them.")] = "all",
) -> None:
    """Bring databases up to date, as their owners: set GATEWAY_OWNER_URL, PERMITS_OWNER_URL and so on."""
    from services.cli.databases import SERVICES
    from services.cli.deployment import migrate_all

    if service not in {"all", *SERVICES}:
        raise Trouble(f"There is no service {service}; say one of {', '.join(SERVICES)}, or nothing for all.")
    migrate_all(SERVICES if service == "all" else (service,))


@app.command(rich_help_panel="Jobs of a deployment")
def prepare() -> None:
    """Make databases and roles that are missing, as a superuser, then migrate; see docs/deploy.md."""
    from services.cli.deployment import prepare_all

    prepare_all()


@app.command(rich_help_panel="Jobs of a deployment")
def keys(folder: Annotated[Path, typer.Argument(help="Where they are kept, a folder a service.")]) -> None:
    """Make the key sets that are missing."""
    from services.cli.deployment import make_key_sets

    make_key_sets(folder)


@app.command(rich_help_panel="Jobs of a deployment")
def rotate(
    step: Annotated[str, typer.Argument(help="add, then a minute later use, then an hour later drop.")],
    home: HomeFolder = Path("var"),
    private: Annotated[Path | None, typer.Option(help="A private key set of a deployment, instead of a home.")] = None,
    public: Annotated[Path | None, typer.Option(help="Its public halves.")] = None,
) -> None:
    """Take a step of rotating the keys that sign, while the hub runs: two live side by side. See docs/identity.md."""
    from services.cli.rotating import rotate_files, rotate_home

    if private is not None and public is not None:
        rotate_files(private, public, step)
    else:
        rotate_home(home.resolve(), step)


@app.command()
def bench() -> None:
    """Measure this machine and print ratios from one run (needs the source tree)."""
    try:
        from bench.__main__ import main
    except ModuleNotFoundError:
        raise Trouble("The bench is part of the source tree; run `make bench` there.") from None
    main()


def _become(name: str) -> None:
    """Become one process of the hub and nothing else: the command line's own weight is left behind."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", "services.cli.run", name])  # noqa: S606


@app.command(rich_help_panel="One process, for containers")
def gateway() -> None:
    """Run the gateway; its settings are GATEWAY_*."""
    _become("gateway")


@app.command(rich_help_panel="One process, for containers")
def permits() -> None:
    """Run the permits service; its settings are PERMITS_*."""
    _become("permits")


@app.command(rich_help_panel="One process, for containers")
def permits_worker() -> None:
    """Run the worker of permits; its settings are PERMITS_*."""
    _become("permits-worker")


@app.command(rich_help_panel="One process, for containers")
def notifications() -> None:
    """Run the notifications service; its settings are NOTIFICATIONS_*."""
    _become("notifications")


@app.command(rich_help_panel="One process, for containers")
def notifications_worker() -> None:
    """Run the worker of notifications; its settings are NOTIFICATIONS_*."""
    _become("notifications-worker")


if __name__ == "__main__":
    app()
