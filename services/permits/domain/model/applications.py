"""An application for a permit as it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.application import Application
from shared.contracts.closed_sets import ApplicationStatus


@dataclass(frozen=True, kw_only=True)
class ApplicationRecord:
    """An application on file: what was asked, by whom and in whose name, where it stands, who assessed it, and the
    permit it led to."""

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
