"""Processes that a measurement starts and waits for."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import httpx2


@asynccontextmanager
async def run_process(module: str, *args: str, env: dict[str, str], log: Path | None = None) -> AsyncIterator[None]:
    """Run a module as a process of its own while the block lasts; its log goes to a file if one is named."""
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
    """Return once a server answers, or raise TimeoutError."""
    async with asyncio.timeout(120), httpx2.AsyncClient() as http:
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)
