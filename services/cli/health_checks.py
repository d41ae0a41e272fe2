"""Health checks of processes, for a container and for the supervisor.

A container is healthy if its server is ready, or the heartbeat of its worker is recent. The supervisor asks for less: a
server responds at all, a worker goes on to send heartbeats. So a database that is away makes no process look stuck.
"""

import http.client
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from shared.heartbeat import HEARTBEAT_VARIABLE

PORT_VARIABLES = ("GATEWAY_PORT", "PERMITS_PORT", "NOTIFICATIONS_PORT")
MAX_HEARTBEAT_AGE_SECONDS = 10.0
"""Seconds after which a worker without a heartbeat counts as stuck."""


def is_ready(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether the service on a port is ready."""
    return _find_status(port, "/readyz", host=host, seconds=2.0) == 200


def _find_status(port: int, path: str, *, host: str, seconds: float) -> int | None:
    """Return the status of the response to a GET request; None if there is none in time."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def find_liveness_check(environ: Mapping[str, str], seconds: float) -> Callable[[], bool]:
    """Return the check that the process with this environment does work.

    A server has `seconds` for its response. A worker has sent a heartbeat since the previous check.
    """
    if HEARTBEAT_VARIABLE in environ:
        return _heartbeat_check(Path(environ[HEARTBEAT_VARIABLE]))
    ports = [int(environ[name]) for name in PORT_VARIABLES if name in environ]
    return lambda: any(_find_status(port, "/healthz", host="127.0.0.1", seconds=seconds) is not None for port in ports)


def _heartbeat_check(file: Path) -> Callable[[], bool]:
    """Return a check that compares the file with its previous state. So the clock of the machine does not matter."""
    last = _changed_at(file)

    def has_heartbeat() -> bool:
        nonlocal last
        previous, last = last, _changed_at(file)
        return last is not None and last != previous

    return has_heartbeat


def _changed_at(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return None


def is_healthy(environ: Mapping[str, str]) -> bool:
    """Return whether the process with this environment is healthy."""
    heartbeat = Path(environ.get(HEARTBEAT_VARIABLE, ""))
    if heartbeat.is_file():
        return time.time() - heartbeat.stat().st_mtime < MAX_HEARTBEAT_AGE_SECONDS
    ports = [int(environ[name]) for name in PORT_VARIABLES if name in environ]
    return bool(ports) and all(is_ready(port) for port in ports)


if __name__ == "__main__":
    sys.exit(not is_healthy(os.environ))
