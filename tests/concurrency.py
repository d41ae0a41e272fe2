"""Many acts at once on one service's connections."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")
CONNECTIONS = 10
"""A service refuses a request that waits longer than 10 s for a connection. On a busy machine the last would."""


async def run_concurrently(acts: Iterable[Awaitable[T]], most: int = CONNECTIONS) -> list[T]:
    """Run all of them, so many at a time; answers what each answered, in order."""
    room = asyncio.Semaphore(most)

    async def run(act: Awaitable[T]) -> T:
        async with room:
            return await act

    return await asyncio.gather(*(run(act) for act in acts))
