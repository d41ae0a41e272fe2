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

from saola_client.errors import NoAnswer
from saola_client.transport import Transport, pause

AT_ONCE = 1_000
LATER = frozenset({429, 503})
"""Statuses of lines that are sent again: they were not taken in, and waiting helps."""


def load(
    way: Transport, path: str, lines: Iterable[bytes], *, key: str | None, seconds: float, patience: float
) -> Iterator[dict[str, Any]]:
    """Send NDJSON lines and answer what each was answered, `line` counted from 1 over all of them."""
    source, first = iter(lines), 1
    while block := list(islice(source, AT_ONCE)):
        for place, answer in enumerate(_surely(way, path, block, key, seconds, patience)):
            yield answer | {"line": first + place}
        first += len(block)


def _surely(
    way: Transport, path: str, block: Sequence[bytes], key: str | None, seconds: float, patience: float
) -> list[dict[str, Any]]:
    """Send a block, and those of its lines again that were put off, while the patience lasts."""
    answers: list[dict[str, Any]] = [{}] * len(block)
    left, ends, tries = list(range(len(block))), time.monotonic() + patience, 0
    while True:
        for place, answer in zip(left, _sent(way, path, [block[n] for n in left], key, seconds), strict=False):
            answers[place] = answer
        left = [place for place in left if not answers[place] or answers[place]["status_code"] in LATER]
        wait = pause(tries, None, random.random())  # noqa: S311
        if not left or time.monotonic() + wait > ends:
            break
        time.sleep(wait)
        tries += 1
    if not all(answers):
        raise NoAnswer(f"{way.url} did not answer every line; send them again, nothing is doubled.")
    return answers


def _sent(way: Transport, path: str, lines: Sequence[bytes], key: str | None, seconds: float) -> list[dict[str, Any]]:
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": key or "bulk"}
    body = b"".join(line.rstrip(b"\n") + b"\n" for line in lines)
    answer = way.send("POST", path, body=body, headers=headers, seconds=seconds)
    return [json.loads(line) for line in answer.text.splitlines()]
