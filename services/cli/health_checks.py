"""The health check of a container: a server is healthy if it is ready, a worker if its heartbeat is recent."""

import http.client
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from shared.heartbeat import HEARTBEAT_VARIABLE

PORT_VARIABLES = ("GATEWAY_PORT", "PERMITS_PORT", "NOTIFICATIONS_PORT")
MAX_HEARTBEAT_AGE_SECONDS = 10.0
"""Seconds after which a worker without a heartbeat counts as stuck."""


def is_ready(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether the service on a port is ready."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_healthy(environ: Mapping[str, str]) -> bool:
    """Return whether the process with this environment is healthy."""
    heartbeat = Path(environ.get(HEARTBEAT_VARIABLE, ""))
    if heartbeat.is_file():
        return time.time() - heartbeat.stat().st_mtime < MAX_HEARTBEAT_AGE_SECONDS
    ports = [int(environ[name]) for name in PORT_VARIABLES if name in environ]
    return bool(ports) and all(is_ready(port) for port in ports)


if __name__ == "__main__":
    sys.exit(not is_healthy(os.environ))
