"""A cheap receiver: it reads each POST by its Content-Length and responds 200, but never responds at `/hang`."""

import asyncio
import sys
from typing import cast

import uvloop

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Sink(asyncio.Protocol):
    """One connection. Its sender waits for the response before the next request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept a connection."""
        self._transport, self._read = cast(asyncio.Transport, transport), b""

    def data_received(self, data: bytes) -> None:
        """Respond once the request is complete."""
        self._read += data
        head, blank, body = self._read.partition(b"\r\n\r\n")
        if blank and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            self._read = b""
            if not head.startswith(b"POST /hang "):
                self._transport.write(RESPONSE)


async def serve() -> None:
    """Serve on a free port, which it prints on stdout, until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve())
