"""How a play is told: its steps, its figures, and a check for each promise that stops the play when it is not kept."""

from typing import Any

from rich.text import Text

from services.cli.console import CommandError, out


def print_step(number: int, description: str) -> None:
    """Open a step."""
    out.print()
    out.print(Text.assemble((f"{number}  ", "bold cyan"), (description, "bold")))


def print_note(note: str) -> None:
    """Tell something by the way."""
    out.print(f"     {note}", markup=False, style="dim")


def require_result(description: str, found: Any, expected: Any = True) -> None:
    """Tell what was promised and kept; raises CommandError when what was found is not what was wanted."""
    if found != expected:
        raise CommandError(f"   ✗ {description}\n     wanted: {expected}\n     found:  {found}")
    out.print(Text.assemble(("   ✓ ", "green"), description))


def require_balance(description: str, balance: dict[str, str], expected: dict[str, str]) -> None:
    """Tell the figures of a permit line and check them."""
    text = ", ".join(f"{name} {balance.get(name)}" for name in expected)
    require_result(f"{description}: {text}", {name: balance.get(name) for name in expected}, expected)
