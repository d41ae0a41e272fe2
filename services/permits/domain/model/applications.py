"""An application for a permit as the hub stores it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.application import Application
from shared.contracts.closed_sets import ApplicationStatus


@dataclass(frozen=True, kw_only=True)
class ApplicationRecord:
    """An application with its content, applicant, status, assessment and the permit that it led to.

    `party` submitted it for `trader`, which may be the same party.
    """

    id: UUID
    party: UUID
    trader: UUID
    content: Application
    status: ApplicationStatus
    submitted_at: datetime
    decided_at: datetime | None = None
    permit: UUID | None = None
    assessment: dict[str, Any] | None = None
    sequence: int = 0
    version: int = 1
