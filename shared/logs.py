"""Logs are JSON lines on stderr. They never contain a secret, a query string or a declaration's content.

Lines of the hub and of libraries, warnings and tracebacks have one form: one object per line. It contains the time,
the level, the service and, inside a request, its id. `docs/logs.md` names the fields.
"""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import IO, Any

import structlog
from pydantic_core import to_json

from shared.contracts.characters import escape_forbidden
from shared.limits import Limit, LimitSubject
from shared.request_context import current_request

MAX_TEXT = Limit(
    500,
    "characters",
    subject=LimitSubject.MEMORY,
    meaning="A text in a log line",
    beyond="The text is cut.",
)
DATA_ERROR_CLASS = "22"
"""The class of SQLSTATEs whose messages quote the value that was sent."""
LEVEL_NAMES = {level: logging.getLevelName(level).lower() for level in (10, 20, 30, 40, 50)}
Fields = MutableMapping[str, Any]


class LineWriter:
    """The only writer of log lines. It writes each line whole and at once, so the end of the process loses none."""

    def __init__(self, service: str, level: int, file: IO[bytes]) -> None:
        self._service, self.level, self._file = service, level, file
        self._lock = threading.Lock()
        self._is_line_cut = False

    def write(self, level: str, event: str, fields: Fields) -> None:
        """Write one line: its head, then `fields`."""
        head = {"timestamp": _timestamp(), "level": level, "service": self._service, "event": event}
        try:
            line = to_json({**head, **fields}, serialize_unknown=True, inf_nan_mode="strings") + b"\n"
        except ValueError:  # a text that is not valid Unicode, such as a file name in another encoding
            line = json.dumps({**head, **fields}, default=str).encode() + b"\n"
        if not line.isascii() or b"\x7f" in line:  # JSON escapes only the controls of ASCII below the blank
            line = escape_forbidden(line.decode()).encode()
        with self._lock, suppress(OSError, ValueError):  # a full disk or a closed stderr must not make a request fail
            if self._is_line_cut:
                line = b"\n" + line
            self._is_line_cut = self._file.write(line) != len(line)  # the disk became full inside of the line
            self._file.flush()


_writer: LineWriter | None = None


def configure_logging(service: str, level: str = "INFO", file: IO[bytes] | None = None) -> None:
    """Configure logging of this process: everything it logs is a JSON line of this service on stderr, or in `file`."""
    global _writer
    threshold = logging.getLevelNamesMapping()[level]
    _writer = LineWriter(service, threshold, sys.stderr.buffer if file is None else file)
    structlog.configure(
        processors=[_write_event],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [LibraryHandler()]
    root.setLevel(max(threshold, logging.WARNING))  # at lower levels some libraries log URLs with their queries
    logging.getLogger("uvicorn.error").setLevel(threshold)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread_failure
    sys.unraisablehook = _log_unraisable


def logger() -> structlog.stdlib.BoundLogger:
    """Return the logger of the process."""
    log: structlog.stdlib.BoundLogger = structlog.get_logger()
    return log


def log_request(level: int, fields: Fields) -> None:
    """Write the line of a request. It skips structlog: there is one line for every request, so it must be quick."""
    if _writer is not None and level >= _writer.level:
        _writer.write(LEVEL_NAMES[level], "request.completed", fields)


def describe_error(error: BaseException) -> str:
    """Return the type of an error and the first line of its message. Later lines may contain what a client sent."""
    kind = type(error).__name__
    if _quotes_value(error):
        return f"{kind}: the database refused a value"
    try:
        message = str(error).partition("\n")[0][:MAX_TEXT]
    except Exception:  # an error that cannot describe itself must not make the log fail
        return kind
    return f"{kind}: {message}" if message else kind


def _quotes_value(error: BaseException) -> bool:
    original = getattr(error, "orig", None)
    return any(
        type(found).__name__ == "DataError" or str(getattr(found, "sqlstate", None))[:2] == DATA_ERROR_CLASS
        for found in (error, error.__cause__, original, getattr(original, "__cause__", None))
    )


class LibraryHandler(logging.Handler):
    """Writes what libraries log through the standard module: uvicorn, asyncio, aiohttp, warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record as a line. If it carries an error, write only the first line of its message."""
        error = record.exc_info[1] if record.exc_info else None
        try:
            message = record.getMessage()
        except Exception:  # the library's arguments do not fit its own message
            message = str(record.msg)
        fields: Fields = {"logger": record.name, "message": message.partition("\n")[0] if error else message}
        if _writer is not None:
            _writer.write(
                record.levelname.lower(), "library.message", {**_request_field(), **fields, **_error_fields(error)}
            )


def _write_event(_: Any, level: str, fields: Fields) -> str:
    event = str(fields.pop("event"))
    error = fields.pop("exc_info", None)
    for name, value in fields.items():
        if isinstance(value, BaseException):
            fields[name] = describe_error(value)
    if _writer is not None:
        shown = error if isinstance(error, BaseException) else None
        _writer.write(level, event, {**_request_field(), **fields, **_error_fields(shown)})
    return event


def _request_field() -> dict[str, Any]:
    context = current_request()
    return {} if context is None else {"request_id": context.request_id}


def _error_fields(error: BaseException | None) -> dict[str, Any]:
    if error is None:
        return {}
    return {"error": describe_error(error), "traceback": "".join(_traceback_parts(error))}


def _traceback_parts(error: BaseException, *, only_type: bool = False) -> Iterator[str]:
    """Yield the lines of an error, of its causes and of the errors in its group, each with its frames.

    If the database refused a value, the causes of the error quote the value too: only their types are written.
    """
    only_type = only_type or _quotes_value(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _traceback_parts(cause, only_type=only_type)
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__name__ if only_type else describe_error(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _traceback_parts(part)


def _timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _log_uncaught(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    logger().critical("process.failed", exc_info=error)


def _log_thread_failure(arguments: threading.ExceptHookArgs) -> None:
    logger().critical("thread.failed", exc_info=arguments.exc_value)


def _log_unraisable(arguments: "sys.UnraisableHookArgs") -> None:
    logger().error("exception.ignored", exc_info=arguments.exc_value)
