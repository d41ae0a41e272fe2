"""What became of one attempt to deliver a letter."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """What the receiver answered, or why there was no answer.

    `status` is the HTTP status, None when there was none; `reason` says in words why it does not count as delivered,
    and is None when it does; `response_excerpt` is the beginning of what a failing receiver said.
    """

    status: int | None
    reason: str | None
    duration_ms: int
    response_excerpt: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        """Say whether the receiver has it."""
        return self.reason is None

    @property
    def is_gone(self) -> bool:
        """Say whether the receiver asked to be left alone: 410 Gone (RFC 9110, 15.5.11)."""
        return self.status == 410


def failure_reason(status: int) -> str | None:
    """Answer why a status does not count as delivered, or None when it does (2xx, Standard Webhooks)."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"answered {status}: redirects are not followed"
    if status == 410:
        return "answered 410: gone, the endpoint is disabled"
    return f"answered {status}"
