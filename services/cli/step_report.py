"""How a play is told: its steps, its figures, and a check for each promise that stops the play when it is not kept."""

from typing import Any

from rich.text import Text

from services.cli.console import Trouble, out


def step(number: int, what: str) -> None:
    """Open a step."""
    out.print()
    out.print(Text.assemble((f"{number}  ", "bold cyan"), (what, "bold")))


def tell(what: str) -> None:
    """Tell something by the way."""
    out.print(f"     {what}", markup=False, style="dim")


def promise(what: str, found: Any, wanted: Any = True) -> None:
    """Tell what was promised and kept; raises Trouble when what was found is not what was wanted."""
    if found != wanted:
        raise Trouble(f"   ✗ {what}\n     wanted: {wanted}\n     found:  {found}")
    out.print(Text.assemble(("   ✓ ", "green"), what))


def figures(what: str, balance: dict[str, str], wanted: dict[str, str]) -> None:
    """Tell the figures of a permit line and check them."""
    text = ", ".join(f"{name} {balance.get(name)}" for name in wanted)
    promise(f"{what}: {text}", {name: balance.get(name) for name in wanted}, wanted)
