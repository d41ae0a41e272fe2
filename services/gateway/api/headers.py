"""Request headers that carry a promise: Idempotency-Key, Prefer (RFC 7240), If-Match."""

import re

from shared.problems import Invalid

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = re.compile(r'(?:W/)?"([0-9]{1,9})"')
LONGEST_WAIT = 30


def idempotency_key(value: str | None) -> str | None:
    """Check an Idempotency-Key if there is one (draft-ietf-httpapi-idempotency-key-header-07, any visible ASCII)."""
    if value is not None and not _KEY.fullmatch(value):
        raise Invalid("idempotency-key-invalid", "An Idempotency-Key is 1 to 255 visible ASCII characters, no blanks.")
    return value


def demanded_key(value: str | None) -> str:
    """Demand an Idempotency-Key."""
    if value is None:
        raise Invalid("idempotency-key-missing", "Send an Idempotency-Key, new for each declaration, kept on repeats.")
    return idempotency_key(value) or ""


def wait_of(prefer: str) -> int:
    """Answer how many seconds `Prefer: wait=N` asks for: 0 when it does not, 30 at most (RFC 7240, 4.3)."""
    for preference in prefer.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            seconds = value.strip().strip('"')
            if not re.fullmatch(r"[0-9]{1,6}", seconds):
                raise Invalid("prefer-invalid", f"Send Prefer: wait=N with N from 0 to {LONGEST_WAIT} seconds.")
            return min(int(seconds), LONGEST_WAIT)
    return 0


def version_of(if_match: str | None) -> int | None:
    """Answer the version If-Match names; None when it is absent or `*`, 0 (which nothing has) when unreadable."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _VERSION.fullmatch(if_match.strip())
    return int(found[1]) if found else 0
