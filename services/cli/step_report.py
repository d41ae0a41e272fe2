"""The report of the demo: its steps, its figures, and a check of each promise, which stops the demo if it fails."""

from typing import Any

from rich.text import Text

from services.cli.console import CommandError, out


def print_step(number: int, description: str) -> None:
    """Print the heading of a step."""
    out.print()
    out.print(Text.assemble((f"{number}  ", "bold cyan"), (description, "bold")))


def print_note(note: str) -> None:
    """Print a note."""
    out.print(f"     {note}", markup=False, style="dim")


def require_result(description: str, found: Any, expected: Any = True) -> None:
    """Print a result that is as promised. Raise CommandError if `found` is not `expected`."""
    if found != expected:
        raise CommandError(f"   ✗ {description}\n     expected: {expected}\n     found:    {found}")
    out.print(Text.assemble(("   ✓ ", "green"), description))


def require_balance(description: str, balance: dict[str, str], expected: dict[str, str]) -> None:
    """Check the figures of a permit line and print them. Raise CommandError."""
    text = ", ".join(f"{name} {balance.get(name)}" for name in expected)
    require_result(f"{description}: {text}", {name: balance.get(name) for name in expected}, expected)
