"""The retention of events and deliveries."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class RetentionPeriods:
    """Events: at least 30 days, as the feed promises. Deliveries that succeeded, with their attempts."""

    events: timedelta = timedelta(days=30)
    deliveries: timedelta = timedelta(days=30)
