"""Whether there is a Docker engine here, and how its commands are called."""

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
    """Answer why no container can be started here, in a sentence; None when one can."""
    where = urlsplit(os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}")
    if where.scheme == "unix" and not Path(where.path).is_socket():
        return f"There is no Docker engine here: {where.path} is no socket. Start one, or set DOCKER_HOST."
    if where.scheme == "unix" and not os.access(where.path, os.R_OK | os.W_OK):
        return f"There is a Docker engine here, but this user may not speak to it: {where.path}."
    return None


@cache
def compose() -> tuple[str, ...] | None:
    """Answer how docker compose is called here; None when it is not installed."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) and _says_its_version(command):
            return command
    return None


def _says_its_version(command: tuple[str, ...]) -> bool:
    return subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0


needs_engine = pytest.mark.skipif(unavailable_reason() is not None, reason=str(unavailable_reason()))
needs_compose = pytest.mark.skipif(
    unavailable_reason() is not None or compose() is None,
    reason=unavailable_reason() or "docker compose is not installed here.",
)
