"""Processes of a measurement: start, readiness and end."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import httpx2


@asynccontextmanager
async def run_process(module: str, *args: str, env: dict[str, str], log: Path | None = None) -> AsyncIterator[None]:
    """Run a module as a separate process during the block, with its stderr in `log` if there is one."""
    with nullcontext() if log is None else log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *args, env={**os.environ, **env}, stderr=stderr
        )
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def wait_until_ready(url: str) -> None:
    """Wait until a URL returns 200. Raise TimeoutError after 120 seconds."""
    async with asyncio.timeout(120), httpx2.AsyncClient() as http:
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)
