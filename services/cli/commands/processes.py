"""One process of the hub and nothing else: for containers, and for service managers."""

import os
import sys

import typer

PANEL = "One process, for containers"
commands = typer.Typer()


def _exec_process(name: str) -> None:
    """Become one process of the hub and nothing else: the command line's own weight is left behind."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", "services.cli.run", name])  # noqa: S606


@commands.command(rich_help_panel=PANEL)
def gateway() -> None:
    """Run the gateway; its settings are GATEWAY_*."""
    _exec_process("gateway")


@commands.command(rich_help_panel=PANEL)
def permits() -> None:
    """Run the permits service; its settings are PERMITS_*."""
    _exec_process("permits")


@commands.command(rich_help_panel=PANEL)
def permits_worker() -> None:
    """Run the worker of permits; its settings are PERMITS_*."""
    _exec_process("permits-worker")


@commands.command(rich_help_panel=PANEL)
def notifications() -> None:
    """Run the notifications service; its settings are NOTIFICATIONS_*."""
    _exec_process("notifications")


@commands.command(rich_help_panel=PANEL)
def notifications_worker() -> None:
    """Run the worker of notifications; its settings are NOTIFICATIONS_*."""
    _exec_process("notifications-worker")
