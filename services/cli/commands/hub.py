"""The commands of a hub on this machine: up, demo, replay, backup, restore."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import ADMIN_FILE, AdminFile, HomeFolder, OptionalHubUrl
from services.cli.console import CommandError, SteadyOutput, out
from services.cli.ports import HIGHEST_PORT

PANEL = "A hub on this machine"
commands = typer.Typer()


def _parse_port(text: str | int) -> int:
    """Return the number of a port. Raise CommandError."""
    value = str(text)
    if value.isascii() and value.isdigit() and len(value) <= 5 and 1 <= int(value) <= HIGHEST_PORT:
        return int(value)
    found = f"is {value}" if len(value) <= 20 else "is too long"
    raise CommandError(f"--port {found}. Expected: a whole number from 1 to {HIGHEST_PORT}.")


@commands.command(rich_help_panel=PANEL, epilog="Example: saola up --port 8001 --home ./other")
def up(
    port: Annotated[
        int, typer.Option(parser=_parse_port, metavar="PORT", help="The port of the hub on 127.0.0.1.")
    ] = 8000,
    home: HomeFolder = Path("var"),
) -> None:
    """Run a whole hub on this machine: three services, their workers and an embedded PostgreSQL. Ctrl+C stops it."""
    from services.cli.first_steps import print_first_steps
    from services.cli.home import Home
    from services.cli.up import Supervisor

    out.file = SteadyOutput(sys.stdout)
    home_folder = Home(home.resolve())
    supervisor = Supervisor(home_folder, port, out)
    supervisor.run(lambda seconds: print_first_steps(home_folder, supervisor.url, seconds))


@commands.command(rich_help_panel=PANEL, epilog="Example: saola demo --hub http://127.0.0.1:8000")
def demo(
    hub: OptionalHubUrl = None,
    admin: AdminFile = ADMIN_FILE,
    receive_at: Annotated[
        str | None,
        typer.Option(help="An IPv4 address of this machine to which the hub may send webhooks. By default 127.0.0.1."),
    ] = None,
) -> None:
    """Play the main journey over HTTP, and print each step. The exit status is 1 if a step is not as promised."""
    from services.cli.demo import run_demo
    from services.cli.temporary_hub import open_as_admin

    with open_as_admin(hub, admin) as opened:
        run_demo(opened, receive_at)


@commands.command(rich_help_panel=PANEL, epilog="Example: saola replay trade.csv --hub http://127.0.0.1:8000")
def replay(
    file: Annotated[
        Path, typer.Argument(help="A CSV file of trade that exporter and importer reported: see docs/quickstart.md.")
    ],
    hub: OptionalHubUrl = None,
    admin: AdminFile = ADMIN_FILE,
) -> None:
    """Play reported trade through a hub: exports become permits, imports become declarations."""
    from services.cli.replay import run_replay
    from services.cli.temporary_hub import open_as_admin
    from services.cli.trade_rows import read_rows

    rows = read_rows(file)
    with open_as_admin(hub, admin) as opened:
        run_replay(opened, rows)


@commands.command(rich_help_panel=PANEL, epilog="Example: saola backup ./backup")
def backup(
    folder: Annotated[Path, typer.Argument(help="The folder for the backup. It holds the secrets of the hub.")],
    home: HomeFolder = Path("var"),
) -> None:
    """Write a backup of a home, while its hub runs or not: databases, keys, the administrator's credentials."""
    from services.cli.backup import write_backup
    from services.cli.home import Home

    write_backup(Home(home.resolve()), folder.resolve())
    out.print(f"The backup is in {folder}.", markup=False)


@commands.command(rich_help_panel=PANEL, epilog="Example: saola restore ./backup")
def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of the backup.")],
    home: HomeFolder = Path("var"),
) -> None:
    """Restore a backup into a home whose hub is stopped. The home loses the data that it has."""
    from services.cli.backup import restore_backup
    from services.cli.home import Home

    restore_backup(Home(home.resolve()), folder.resolve())
    out.print("The backup is restored. `saola up` starts the hub.", markup=False)
