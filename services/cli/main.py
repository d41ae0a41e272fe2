"""The command line: its groups in order. The code of each command is loaded only when it runs."""

from typing import Any

import typer
from typer.core import TyperGroup

from services.cli.commands import declarations, deployment, hub, parties, processes
from services.cli.console import CommandError, err

UNREACHABLE_HINT = "`saola up` starts a hub on this machine. `--hub` or the variable SAOLA_HUB names another hub."


class CommandGroup(TyperGroup):
    """Runs a command. An expected error prints its message on stderr and exits with status 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raise typer.Exit(1) after a CommandError or HubError."""
        try:
            return super().invoke(ctx)
        except CommandError as command_error:
            message = str(command_error)
        except Exception as error:
            from saola_client.errors import HubError, NoResponse

            if not isinstance(error, HubError):
                raise
            message = str(error)
            if isinstance(error, NoResponse) and error.__cause__ is not None:  # the command did not reach the hub
                message += f" {UNREACHABLE_HINT}"
        err.print(message, style="red", markup=False)
        raise typer.Exit(1)


app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Saola, the Single Window exchange hub for wildlife trade.",
    epilog="Start with `saola up`. `saola COMMAND --help` explains each command, with an example.",
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
