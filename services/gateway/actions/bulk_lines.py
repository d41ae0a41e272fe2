"""One line of a bulk: the thing itself, or beside the key it is named by: `{"idempotency_key": …, "permit": …}`."""

import re
from functools import cache

_KEY = r'"idempotency_key"\s*:\s*"([\x21\x23-\x5b\x5d-\x7e]{1,255})"'
MAX_TAIL = 400
"""Bytes at the end of a line within which a key may stand."""


@cache
def _patterns(name: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    content_start = rf'"{name}"\s*:\s*'
    key_first = rf"\s*\{{\s*{_KEY}\s*,\s*{content_start}"
    texts = (key_first, rf"\s*\{{\s*{content_start}", rf",\s*{_KEY}\s*\}}\s*$")
    first, second, third = (re.compile(text.encode()) for text in texts)
    return first, second, third


def unwrap(line: bytes, name: str) -> tuple[str | None, bytes]:
    """Answer the key a line names, and its thing to the byte; None for a line that is the thing alone."""
    if not line.rstrip().endswith(b"}"):
        return None, line.strip()
    key_first, content_first, key_last = _patterns(name)
    if found := key_first.match(line):
        return found[1].decode(), line[found.end() : line.rstrip().rfind(b"}")].rstrip()
    if found := content_first.match(line):
        if last := key_last.search(line, max(found.end(), len(line) - MAX_TAIL)):
            return last[1].decode(), line[found.end() : last.start()]
        return None, line[found.end() : line.rstrip().rfind(b"}")].rstrip()
    return None, line.strip()


def derive_key(explicit_key: str | None, request_key: str | None, content_key: str) -> str:
    """Answer the key of a line: its own, else one of the request's key and what the thing is known by.

    The blank in it keeps it apart from every key a client can send.
    """
    return explicit_key if explicit_key is not None else f"{request_key or ''} {content_key}"
