"""The consoles of the command line: one for results, one for errors. An error says what to do next."""

import os
import shlex
import sys
from pathlib import Path

from rich.console import Console

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def saola_command() -> str:
    """Return the command with which the user called `saola`, so that it can be typed again."""
    called = Path(sys.argv[0])
    if called.name != "saola":
        return "saola"
    return shlex.quote(shorten_path(called.absolute()))


def shorten_path(path: Path) -> str:
    """Return a path relative to the working directory; the absolute path if it is outside."""
    found = os.path.relpath(path)
    return str(path) if found.startswith("..") else found


class CommandError(Exception):
    """The command cannot do what the user asked. The message says what is wrong and what to do next."""
