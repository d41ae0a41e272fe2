"""Many acts at once on one service's connections."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")
CONNECTIONS = 10
"""Of one service: what waits for one longer than 10 s is refused, and on a busy machine the last of many would be."""


async def run_concurrently(acts: Iterable[Awaitable[T]], most: int = CONNECTIONS) -> list[T]:
    """Run all of them, so many at a time; answers what each answered, in order."""
    room = asyncio.Semaphore(most)

    async def run(act: Awaitable[T]) -> T:
        async with room:
            return await act

    return await asyncio.gather(*(run(act) for act in acts))
