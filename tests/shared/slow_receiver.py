"""A receiver of messages in a process of its own: it stores each message, and is slow for the word `slow`."""

import asyncio
import sys

from aiohttp import web

PATH = "/internal/messages"


async def receive(request: web.Request) -> web.Response:
    """Return a result for each message of a batch. A batch with the word `slow` takes a minute."""
    messages = (await request.json())["letters"]
    if any(message["word"] == "slow" for message in messages):
        await asyncio.sleep(60)
    return web.json_response({"answers": [{"id": message["id"], "outcome": "taken"} for message in messages]})


async def ready(request: web.Request) -> web.Response:
    """Return that the receiver can work."""
    return web.json_response({"status": "ready"})


def run(port: int) -> None:
    """Run the receiver until its process ends."""
    app = web.Application()
    app.add_routes([web.post(PATH, receive), web.get("/readyz", ready)])
    web.run_app(app, host="127.0.0.1", port=port, print=None, handle_signals=False)


if __name__ == "__main__":
    run(int(sys.argv[1]))
