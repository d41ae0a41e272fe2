"""The consoles of the command line: one for results, one for errors. An error says what to do next."""

import sys

from rich.console import Console

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class CommandError(Exception):
    """The command cannot do what the user asked. The message says what is wrong and what to do next."""
