"""Many declarations or permits: sent some at a time, each block asked again until it is answered, in their order.

The hub names each line by its reference (or issuer and number), so a block whose answer was lost is sent again without
doubling anything; and so is a whole file.
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
"""Statuses of lines that are sent again: they were not taken in, and waiting helps."""


def send_lines(
    transport: Transport,
    path: str,
    lines: Iterable[bytes],
    *,
    key: str | None,
    timeout_seconds: float,
    retry_seconds: float,
) -> Iterator[dict[str, Any]]:
    """Send NDJSON lines and answer what each was answered, `line` counted from 1 over all of them."""
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
    """Send a block, and those of its lines again that were put off, while the patience lasts."""
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
        raise NoResponse(f"{transport.url} did not answer every line; send them again, nothing is doubled.")
    return results


def _send_block(
    transport: Transport, path: str, lines: Sequence[bytes], key: str | None, timeout_seconds: float
) -> list[dict[str, Any]]:
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": key or "bulk"}
    body = b"".join(line.rstrip(b"\n") + b"\n" for line in lines)
    response = transport.send("POST", path, body=body, headers=headers, timeout_seconds=timeout_seconds)
    return [json.loads(line) for line in response.text.splitlines()]
