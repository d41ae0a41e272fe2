"""The commands that run one process of the hub, for containers and service managers."""

import os
import sys

import typer

PANEL = "One process, for containers"
commands = typer.Typer()


def _exec_process(name: str) -> None:
    """Replace this process by one process of the hub, so that it does not carry the code of the command line."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", "services.cli.run", name])  # noqa: S606


@commands.command(rich_help_panel=PANEL)
def gateway() -> None:
    """Run the gateway. Its settings are GATEWAY_*: see docs/reference/settings.md."""
    _exec_process("gateway")


@commands.command(rich_help_panel=PANEL)
def permits() -> None:
    """Run the permits service. Its settings are PERMITS_*: see docs/reference/settings.md."""
    _exec_process("permits")


@commands.command(rich_help_panel=PANEL)
def permits_worker() -> None:
    """Run the worker of permits. Its settings are PERMITS_*: see docs/reference/settings.md."""
    _exec_process("permits-worker")


@commands.command(rich_help_panel=PANEL)
def notifications() -> None:
    """Run the notifications service. Its settings are NOTIFICATIONS_*: see docs/reference/settings.md."""
    _exec_process("notifications")


@commands.command(rich_help_panel=PANEL)
def notifications_worker() -> None:
    """Run the worker of notifications. Its settings are NOTIFICATIONS_*: see docs/reference/settings.md."""
    _exec_process("notifications-worker")
