"""The log lines that this process writes while a test runs."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from shared import logs

Line = dict[str, Any]


class LogLines:
    """The lines logged so far. Each line must be one JSON object."""

    def __init__(self) -> None:
        self.file = io.BytesIO()

    @property
    def text(self) -> str:
        return self.file.getvalue().decode()

    def of(self, event: str, **fields: Any) -> list[Line]:
        """Return the lines of an event that have these fields."""
        lines = [json.loads(line) for line in self.text.split("\n")[:-1]]
        return [line for line in lines if line["event"] == event and fields.items() <= line.items()]


@contextmanager
def captured_lines(service: str, level: str = "INFO") -> Iterator[LogLines]:
    """Log as a process of this service does while the block lasts, into memory."""
    root, lines = logging.getLogger(), LogLines()
    before = root.handlers, root.level, sys.excepthook, threading.excepthook, sys.unraisablehook
    logs.configure_logging(service, level, lines.file)
    try:
        yield lines
    finally:
        root.handlers, root.level, sys.excepthook, threading.excepthook, sys.unraisablehook = before
        root.setLevel(before[1])
        logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
        logging.captureWarnings(False)
        structlog.reset_defaults()
        logs._writer = None
