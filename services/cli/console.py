"""How the command line speaks: one console for what is told, one for trouble, and trouble that says what to do next."""

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Trouble(Exception):
    """What was asked cannot be done; the message is for a person and says what to do next."""
