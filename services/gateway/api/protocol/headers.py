"""Request headers of the protocol: Idempotency-Key, and Prefer (RFC 7240)."""

import re

from shared.contracts.limits import MAX_WAIT_SECONDS
from shared.problems import Invalid

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def parse_idempotency_key(value: str | None) -> str | None:
    """Check an Idempotency-Key, if there is one (draft-ietf-httpapi-idempotency-key-header-07, any visible ASCII)."""
    if value is not None and not _KEY.fullmatch(value):
        raise Invalid(
            "idempotency-key-invalid",
            "The header Idempotency-Key has 1 to 255 visible ASCII characters, without blanks. Send another value.",
        )
    return value


def require_idempotency_key(value: str | None) -> str:
    """Return the Idempotency-Key. Raise Invalid if it is missing."""
    if value is None:
        raise Invalid(
            "idempotency-key-missing",
            "The header Idempotency-Key is missing. Send a new value for each declaration. Keep "
            "it when you send the same declaration again.",
        )
    return parse_idempotency_key(value) or ""


def parse_wait(prefer: str) -> int:
    """Return the seconds of `Prefer: wait=N`, at most 30 (RFC 7240, 4.3).

    An unusable preference is ignored, as section 2 of the RFC requires: the result is 0.
    """
    for preference in prefer.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            seconds = value.strip().strip('"')
            return min(int(seconds[:6]), MAX_WAIT_SECONDS) if re.fullmatch(r"[0-9]+", seconds) else 0
    return 0
