"""The command line: its contents in order, each command's work loaded only when it is called."""

from typing import Any

import typer
from typer.core import TyperGroup

from services.cli.commands import declarations, deployment, hub, parties, processes
from services.cli.console import Trouble, err


class Commands(TyperGroup):
    """Runs a command; trouble that was foreseen is told in plain words on stderr, and the status is 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except Trouble as trouble:
            message = str(trouble)
        except Exception as error:
            from saola_client.errors import HubError

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
for room in (hub, declarations):
    app.add_typer(room.commands)
for named, commands in (("party", parties.party), ("credential", parties.credential), ("mandate", parties.mandate)):
    app.add_typer(commands, name=named, rich_help_panel=parties.PANEL)
for room in (deployment, processes):
    app.add_typer(room.commands)


if __name__ == "__main__":
    app()
