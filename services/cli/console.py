"""How the command line speaks: one console for what is told, one for trouble, and trouble that says what to do next."""

import sys

from rich.console import Console

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class CommandError(Exception):
    """What was asked cannot be done; the message is for a person and says what to do next."""
