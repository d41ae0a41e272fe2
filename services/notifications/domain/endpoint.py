"""A webhook endpoint as it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where a party wants its events sent.

    `filters` are as the owner stated them. `headers` are sealed. `cooldown_until` is None for an endpoint that is not
    in a cooldown, and where it was not asked for.
    """

    id: UUID
    url: str
    event_types: tuple[str, ...]
    description: str | None
    filters: Mapping[str, Any]
    headers: str | None
    rate_limit: int | None
    format: str
    status: str
    reason: str | None
    verified: bool
    verify: bool
    created_at: datetime
    version: int
    cooldown_until: datetime | None = None
