"""Our own servers in the event loop of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from tests.waiting import wait_until


@asynccontextmanager
async def running_server(config: uvicorn.Config) -> AsyncIterator[None]:
    """Serve an app from here to the end of the block."""
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    try:
        await wait_until(lambda: server.started or running.done())
        assert not running.done(), "the server did not start"
        yield
    finally:
        server.should_exit = True
        await running
