"""The consoles of the command line: one for results, one for errors. An error says what to do next."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from shared.contracts.characters import escape_forbidden


class SafeConsole(Console):
    """A console that escapes control and bidi characters in what it prints: names and details come from others."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield the segments of a renderable, their texts without characters that steer a terminal."""
        for segment in super().render(renderable, options):
            safe = segment.text if segment.control else escape_forbidden(segment.text)
            yield segment if safe is segment.text else Segment(safe, segment.style)


class SteadyOutput(TextIOWrapper):
    """The output of a command that goes on if its output cannot be written, as on a full disk."""

    def __init__(self, file: TextIO) -> None:
        super().__init__(file.buffer, encoding=file.encoding, errors=file.errors, line_buffering=True)

    def write(self, text: str) -> int:
        """Write a text, or drop it. Return its length."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered, or leave it in the buffer."""
        with suppress(OSError):
            super().flush()


out = SafeConsole(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
err = SafeConsole(stderr=True, highlight=False, soft_wrap=True)


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
