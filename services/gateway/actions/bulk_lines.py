"""One line of a bulk request: the content alone, or with a key: `{"idempotency_key": …, "permit": …}`."""

import re
from functools import cache

_KEY = r'"idempotency_key"\s*:\s*"([\x21\x23-\x5b\x5d-\x7e]{1,255})"'
KEY_TAIL_BYTES = 400
"""Bytes at the end of a line in which a key may be."""


@cache
def _patterns(name: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    content_start = rf'"{name}"\s*:\s*'
    key_first = rf"\s*\{{\s*{_KEY}\s*,\s*{content_start}"
    texts = (key_first, rf"\s*\{{\s*{content_start}", rf",\s*{_KEY}\s*\}}\s*$")
    first, second, third = (re.compile(text.encode()) for text in texts)
    return first, second, third


def unwrap(line: bytes, name: str) -> tuple[str | None, bytes]:
    """Return the key of a line, or None, and the exact bytes of its content."""
    if not line.rstrip().endswith(b"}"):
        return None, line.strip()
    key_first, content_first, key_last = _patterns(name)
    if found := key_first.match(line):
        return found[1].decode(), line[found.end() : line.rstrip().rfind(b"}")].rstrip()
    if found := content_first.match(line):
        if last := key_last.search(line, max(found.end(), len(line) - KEY_TAIL_BYTES)):
            return last[1].decode(), line[found.end() : last.start()]
        return None, line[found.end() : line.rstrip().rfind(b"}")].rstrip()
    return None, line.strip()


def derive_key(explicit_key: str | None, request_key: str | None, content_key: str) -> str:
    """Return the key of a line: its own key, or a combination of the request's key and the content's key.

    The blank in the combination separates it from every key that a client can send.
    """
    return explicit_key if explicit_key is not None else f"{request_key or ''} {content_key}"
