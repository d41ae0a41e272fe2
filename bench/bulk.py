"""A bulk request, as a separate process: it sends declarations over one connection and reads results at the same time.

It reads one JSON line on stdin: host, port, path, headers, lines, items. It prints the lines with 202 and the seconds.
"""

import asyncio
import json
import secrets
import sys
import time
from typing import Any

from bench.load_generator import declaration_body

LINES_PER_CHUNK = 200


async def send(parameters: dict[str, Any]) -> dict[str, Any]:
    """Send the lines and read the results. Return the number with 202, and the seconds."""
    reader, writer = await asyncio.open_connection(parameters["host"], parameters["port"])
    headers = {**parameters["headers"], "Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    began = time.perf_counter()
    writer.write(f"POST {parameters['path']} HTTP/1.1\r\nHost: {parameters['host']}\r\n{lines}\r\n".encode())
    counting = asyncio.create_task(_count(reader))
    body, run = declaration_body(parameters["items"], "R-0"), secrets.token_hex(6)
    for first in range(0, parameters["lines"], LINES_PER_CHUNK):
        numbers = range(first, min(first + LINES_PER_CHUNK, parameters["lines"]))
        chunk = b"".join(body.replace(b"R-0", f"R-{run}-{number}".encode(), 1) + b"\n" for number in numbers)
        writer.write(b"%x\r\n" % len(chunk) + chunk + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    accepted = await counting
    writer.close()
    return {"accepted": accepted, "seconds": time.perf_counter() - began}


async def _count(reader: asyncio.StreamReader) -> int:
    accepted, rest = 0, b""
    while piece := await reader.read(262_144):
        seen = rest + piece
        accepted += seen.count(b'"status_code":202')
        rest = seen[-16:]
        if seen.endswith(b"0\r\n\r\n"):
            break
    return accepted


if __name__ == "__main__":
    import uvloop

    print(json.dumps(uvloop.run(send(json.loads(sys.stdin.readline())))))
