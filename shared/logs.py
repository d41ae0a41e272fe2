"""Logs are JSON lines in UTC with the request's id; never a declaration's content, never a secret."""

import logging
import sys

import structlog


def configure_logging(service: str, level: str = "INFO") -> None:
    """Set up logging of this process once: one JSON object a line on stderr, the service's name in each."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def logger() -> structlog.stdlib.BoundLogger:
    """Answer the process's logger."""
    log: structlog.stdlib.BoundLogger = structlog.get_logger()
    return log
