"""The heartbeat of a worker. It has no port for a health check, so it touches a file each second."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

HEARTBEAT_VARIABLE = "SAOLA_PULSE"
"""The environment variable that names the file."""
INTERVAL_SECONDS = 1.0


async def send_heartbeats() -> None:
    """Update the time of the file that SAOLA_PULSE names, each second until cancelled. Return if it names none."""
    name = os.environ.get(HEARTBEAT_VARIABLE)
    while name:
        with suppress(OSError):  # a full disk must not end the worker
            Path(name).touch(mode=0o600)
        await asyncio.sleep(INTERVAL_SECONDS)
