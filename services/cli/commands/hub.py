"""A hub on this machine, and what to try on it: up, demo, replay."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import ADMIN_FILE, AdminFile, HomeFolder, OptionalHubUrl
from services.cli.console import out

PANEL = "A hub on this machine"
commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the hub listens, on 127.0.0.1.")] = 8000,
    home: HomeFolder = Path("var"),
) -> None:
    """Run a whole hub on this machine: three services, their workers, an embedded PostgreSQL."""
    from services.cli.first_steps import print_first_steps
    from services.cli.home import Home
    from services.cli.up import Supervisor

    home_folder = Home(home.resolve())
    supervisor = Supervisor(home_folder, port, out)
    supervisor.run(lambda seconds: print_first_steps(home_folder, supervisor.url, seconds))


@commands.command(rich_help_panel=PANEL)
def demo(
    hub: OptionalHubUrl = None,
    admin: AdminFile = ADMIN_FILE,
    receive_at: Annotated[
        str | None,
        typer.Option(help="This machine's IPv4 address, where the hub may send webhooks; 127.0.0.1 where it sends so."),
    ] = None,
) -> None:
    """Play the main journey over HTTP, telling it line by line; the status is 1 if a step is not as promised."""
    from services.cli.demo import run_demo
    from services.cli.temporary_hub import open_as_admin

    with open_as_admin(hub, admin) as opened:
        run_demo(opened, receive_at)


@commands.command(rich_help_panel=PANEL)
def replay(
    file: Annotated[Path, typer.Argument(help="CSV of trade that both sides reported; see docs/quickstart.md.")],
    hub: OptionalHubUrl = None,
    admin: AdminFile = ADMIN_FILE,
) -> None:
    """Play real trade through a hub: what was exported becomes permits, what was imported declarations."""
    from services.cli.replay import run_replay
    from services.cli.temporary_hub import open_as_admin
    from services.cli.trade_rows import read_rows

    rows = read_rows(file)
    with open_as_admin(hub, admin) as opened:
        run_replay(opened, rows)
