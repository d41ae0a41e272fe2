"""A hub that others rely on: its databases, roles and keys."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import HomeFolder
from services.cli.console import CommandError

PANEL = "A hub that others rely on"
commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
def prepare() -> None:
    """Make databases and roles that are missing, as a superuser, then migrate; see docs/deploy.md."""
    from services.cli.deployment import prepare_all

    prepare_all()


@commands.command(rich_help_panel=PANEL)
def migrate(
    service: Annotated[str, typer.Argument(help="gateway, permits, notifications, or all of them.")] = "all",
) -> None:
    """Bring databases up to date, as their owners: set GATEWAY_OWNER_URL, PERMITS_OWNER_URL and so on."""
    from services.cli.databases import SERVICES
    from services.cli.deployment import migrate_all

    if service not in {"all", *SERVICES}:
        raise CommandError(f"There is no service {service}; say one of {', '.join(SERVICES)}, or nothing for all.")
    migrate_all(SERVICES if service == "all" else (service,))


@commands.command(rich_help_panel=PANEL)
def keys(folder: Annotated[Path, typer.Argument(help="Where they are kept, a folder a service.")]) -> None:
    """Make the key sets that are missing."""
    from services.cli.deployment import make_key_sets

    make_key_sets(folder)


@commands.command(rich_help_panel=PANEL)
def rotate(
    step: Annotated[str, typer.Argument(help="add, then a minute later use, then an hour later drop.")],
    home: HomeFolder = Path("var"),
    private: Annotated[Path | None, typer.Option(help="A private key set of a deployment, instead of a home.")] = None,
    public: Annotated[Path | None, typer.Option(help="Its public halves.")] = None,
    webhooks: Annotated[
        bool, typer.Option("--webhooks", help="The key that signs webhooks, not those of tokens.")
    ] = False,
) -> None:
    """Take a step of rotating the keys that sign, while the hub runs: two live side by side. See docs/identity.md."""
    from services.cli.key_rotation import rotate_files, rotate_home, rotate_webhooks

    if private is not None and public is not None:
        rotate_files(private, public, step)
    elif webhooks:
        rotate_webhooks(home.resolve(), step)
    else:
        rotate_home(home.resolve(), step)
