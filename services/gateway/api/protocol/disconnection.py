"""Work for a client that may leave: it ends as soon as the client has ended its sending side."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

T = TypeVar("T")


async def run_while_connected(scope: Scope, receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    """Return the result of work. Return None and cancel the work if the client ends its sending side before.

    Such a client may still read a response, so send one without a wait. Raise ClientDisconnect if the connection ends.
    Use it when the body of the request has arrived, because it discards the messages that still arrive.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_wait_for_end_of_sending(scope, receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else leaving.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.wait({working, leaving})


async def _wait_for_end_of_sending(scope: Scope, receive: Receive) -> None:
    """Wait for the end of the client's sending side. Raise ClientDisconnect if the connection ends.

    The connection wakes `receive` at both.
    """
    connection = scope["state"]["connection"]
    while not connection.sending_ended:
        if (await receive())["type"] == "http.disconnect":
            raise ClientDisconnect
