"""A letter about to be sent: one event for one endpoint, under the claim on its lane."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Letter:
    """All that sending needs; `attempts` were made before this one."""

    claim: UUID
    endpoint_id: UUID
    subject: str
    attempts: int
    delivery_id: UUID
    event_id: UUID
    body: bytes
    url: str
    secrets: tuple[str, ...]
