"""A delivery that is about to be sent: one event to one endpoint, under the claim on its delivery queue."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRequest:
    """The data that an attempt needs. `attempts` counts the attempts before this one. `subject` names the queue."""

    claim_id: UUID
    endpoint_id: UUID
    subject: str
    attempts: int
    delivery_id: UUID
    event_id: UUID
    body: bytes
    url: str
    secrets: tuple[str, ...]
    event_type: str = ""
    occurred_at: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()
    format: str = "standard"
    fault: str | None = None
    """The reason if the hub itself cannot send it, or None."""
