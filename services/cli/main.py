"""The command line: its contents in order, each command's work loaded only when it is called."""

from typing import Any

import typer
from typer.core import TyperGroup

from services.cli.commands import declarations, deployment, hub, parties, processes
from services.cli.console import CommandError, err


class CommandGroup(TyperGroup):
    """Runs a command; trouble that was foreseen is told in plain words on stderr, and the status is 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except CommandError as command_error:
            message = str(command_error)
        except Exception as error:
            from saola_client.errors import HubError

            if not isinstance(error, HubError):
                raise
            message = str(error)
        err.print(message, style="red", markup=False)
        raise typer.Exit(1)


app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Saola, the Single Window exchange hub for wildlife trade.",
    epilog="Begin with: saola up",
)
for command_module in (hub, declarations):
    app.add_typer(command_module.commands)
for group_name, commands in (
    ("party", parties.party),
    ("credential", parties.credential),
    ("mandate", parties.mandate),
):
    app.add_typer(commands, name=group_name, rich_help_panel=parties.PANEL)
for command_module in (deployment, processes):
    app.add_typer(command_module.commands)


if __name__ == "__main__":
    app()
