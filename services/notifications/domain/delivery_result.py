"""The result of one attempt at a delivery."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """The receiver's response, or the reason why there is none.

    `status` is the HTTP status, or None. `reason` says in words why the event does not count as delivered, or is None.
    `response_excerpt` is the beginning of the body of a failed response.
    """

    status: int | None
    reason: str | None
    duration_ms: int
    response_excerpt: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has the event."""
        return self.reason is None

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more events: 410 Gone (RFC 9110, 15.5.11)."""
        return self.status == 410


def failure_reason(status: int) -> str | None:
    """Return why a status does not count as delivered; None if it does (2xx, Standard Webhooks)."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"answered {status}: redirects are not followed"
    if status == 410:
        return "answered 410: gone, the endpoint is disabled"
    return f"answered {status}"
