"""Bulk requests: the client sends many declarations or permits in blocks, in order, and repeats what got no response.

The key of a line contains the reference of its declaration, or the content of its permit. So the client can send a
block again whose response was lost. A program can send a whole file again. The hub stores no line twice.
"""

import json
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from saola_client.errors import NoResponse
from saola_client.transport import Transport, retry_delay

LINES_PER_REQUEST = 1_000
RETRIABLE_STATUSES = frozenset({429, 503})
"""Statuses of lines that are sent again: the hub did not store them, and waiting helps."""


def send_lines(
    transport: Transport,
    path: str,
    lines: Iterable[bytes],
    *,
    key: str | None,
    timeout_seconds: float,
    retry_seconds: float,
) -> Iterator[dict[str, Any]]:
    """Send NDJSON lines. Yield the result of each, in order; `line` counts from 1 over all blocks. Raise NoResponse."""
    source, first = iter(lines), 1
    while block := list(islice(source, LINES_PER_REQUEST)):
        for index, result in enumerate(
            _send_until_answered(transport, path, block, key, timeout_seconds, retry_seconds)
        ):
            yield result | {"line": first + index}
        first += len(block)


def _send_until_answered(
    transport: Transport,
    path: str,
    block: Sequence[bytes],
    key: str | None,
    timeout_seconds: float,
    retry_seconds: float,
) -> list[dict[str, Any]]:
    """Send a block, and again its lines with a retriable status or no result, for at most `retry_seconds`."""
    results: list[dict[str, Any]] = [{}] * len(block)
    pending, deadline, tries = list(range(len(block))), time.monotonic() + retry_seconds, 0
    while True:
        for index, result in zip(
            pending, _send_block(transport, path, [block[n] for n in pending], key, timeout_seconds), strict=False
        ):
            results[index] = result
        pending = [
            index for index in pending if not results[index] or results[index]["status_code"] in RETRIABLE_STATUSES
        ]
        wait = retry_delay(tries, None, random.random())  # noqa: S311
        if not pending or time.monotonic() + wait > deadline:
            break
        time.sleep(wait)
        tries += 1
    if not all(results):
        raise NoResponse(
            f"{transport.url} did not respond to every line. Send all lines again: the hub stores none twice."
        )
    return results


def _send_block(
    transport: Transport, path: str, lines: Sequence[bytes], key: str | None, timeout_seconds: float
) -> list[dict[str, Any]]:
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": key or "bulk"}
    body = b"".join(line.rstrip(b"\n") + b"\n" for line in lines)
    response = transport.send("POST", path, body=body, headers=headers, timeout_seconds=timeout_seconds)
    return [json.loads(line) for line in response.text.splitlines()]
