"""The commands of a deployment: its databases, roles and keys."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import ADMIN_FILE, DEFAULT_HUB, AsJson, CredentialsFile, HomeFolder, HubUrl
from services.cli.console import CommandError

PANEL = "Deployment"
commands = typer.Typer()


@commands.command(
    rich_help_panel=PANEL,
    epilog="Example: GATEWAY_SERVER_URL=postgresql+asyncpg://postgres:password@db.example/postgres … saola prepare",
)
def prepare() -> None:
    """Create missing databases and roles as a superuser, then migrate.

    Each service needs three variables, such as GATEWAY_SERVER_URL, GATEWAY_OWNER_URL and GATEWAY_DATABASE_URL.
    docs/deploy.md explains them.
    """
    from services.cli.deployment import prepare_all

    prepare_all()


@commands.command(
    rich_help_panel=PANEL,
    epilog="Example: PERMITS_OWNER_URL=postgresql+asyncpg://permits_owner:password@db.example/permits "
    "saola migrate permits",
)
def migrate(
    service: Annotated[str, typer.Argument(help="gateway, permits, notifications, or all.")] = "all",
) -> None:
    """Migrate the databases as their owners: set GATEWAY_OWNER_URL, PERMITS_OWNER_URL, NOTIFICATIONS_OWNER_URL."""
    from services.cli.databases import SERVICES
    from services.cli.deployment import migrate_all

    if service not in {"all", *SERVICES}:
        raise CommandError(
            f"The service is {service!r}. Expected: one of {', '.join(SERVICES)}, or no argument for all."
        )
    migrate_all(SERVICES if service == "all" else (service,))


@commands.command(rich_help_panel=PANEL, epilog="Example: saola keys ./keys")
def keys(
    folder: Annotated[Path, typer.Argument(help="The folder for the key sets, with one folder per service.")],
) -> None:
    """Create the missing key sets of all services."""
    from services.cli.deployment import make_key_sets

    make_key_sets(folder)


@commands.command(
    rich_help_panel=PANEL,
    epilog="Example: saola rotate add; a minute later saola rotate use; 61 minutes later saola rotate drop",
)
def rotate(
    step: Annotated[str, typer.Argument(help="add, a minute later use, 61 minutes later drop.")],
    home: HomeFolder = Path("var"),
    private: Annotated[Path | None, typer.Option(help="A private key set of a deployment, instead of a home.")] = None,
    public: Annotated[Path | None, typer.Option(help="The public halves of --private.")] = None,
    webhooks: Annotated[
        bool, typer.Option("--webhooks", help="Rotate the key that signs webhooks, not the keys of tokens.")
    ] = False,
) -> None:
    """Rotate the signing keys by one step, while the hub runs. docs/identity.md explains the steps."""
    from services.cli.key_rotation import rotate_files, rotate_home, rotate_webhooks
    from shared.database import now

    if private is not None and public is not None:
        rotate_files(private, public, step, at=now())
    elif webhooks:
        rotate_webhooks(home.resolve(), step, at=now())
    else:
        rotate_home(home.resolve(), step, at=now())


@commands.command(rich_help_panel=PANEL, epilog="Example: docker compose exec gateway saola status")
def status(
    home: HomeFolder = Path("var"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every loss, instead of a table.")] = False,
) -> None:
    """Show the reconciliations of a hub after a restore, and name what they cannot mend.

    It reads the databases of --home. In a container it reads the database of the service.
    """
    from services.cli.hub_status import print_status

    print_status(home.resolve(), as_json=as_json)


@commands.command(rich_help_panel=PANEL, epilog="Example: saola lists --json")
def lists(hub: HubUrl = DEFAULT_HUB, credentials: CredentialsFile = ADMIN_FILE, as_json: AsJson = False) -> None:
    """List the reference lists: rows, last load, effect on checks, and the next step."""
    from services.cli.client_access import open_hub
    from services.cli.tables import print_rows

    with open_hub(hub, credentials) as opened:
        columns = ("list", "rows", "loaded_at", "effect", "remedy")
        print_rows(opened.list_reference_lists(), columns, as_json=as_json)
