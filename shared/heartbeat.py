"""A worker has no port to be asked at, so it shows that its loop turns: it touches a file each second."""

import asyncio
import os
from pathlib import Path

HEARTBEAT_VARIABLE = "SAOLA_PULSE"
"""The variable that names the file."""
INTERVAL_SECONDS = 1.0


async def send_heartbeats() -> None:
    """Touch the file that SAOLA_PULSE names, each second until cancelled; return at once when none is named."""
    name = os.environ.get(HEARTBEAT_VARIABLE)
    while name:
        Path(name).touch()
        await asyncio.sleep(INTERVAL_SECONDS)
