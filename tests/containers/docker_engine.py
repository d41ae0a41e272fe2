"""The Docker engine of this machine, if there is one, and its commands."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SOCKET = "/var/run/docker.sock"


@cache
def unavailable_reason() -> str | None:
    """Return a sentence that says why no container can start here, or None."""
    where = urlsplit(os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}")
    if where.scheme == "unix" and not Path(where.path).is_socket():
        return f"There is no Docker engine here: {where.path} is not a socket. Start one, or set DOCKER_HOST."
    if where.scheme == "unix" and not os.access(where.path, os.R_OK | os.W_OK):
        return f"There is a Docker engine here, but this user may not use its socket {where.path}."
    return None


@cache
def compose() -> tuple[str, ...] | None:
    """Return the words that call docker compose here, or None if it is not installed."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) and _prints_version(command):
            return command
    return None


def _prints_version(command: tuple[str, ...]) -> bool:
    return subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0


needs_engine = pytest.mark.skipif(unavailable_reason() is not None, reason=str(unavailable_reason()))
needs_compose = pytest.mark.skipif(
    unavailable_reason() is not None or compose() is None,
    reason=unavailable_reason() or "docker compose is not installed here.",
)
