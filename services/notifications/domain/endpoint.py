"""A webhook endpoint as it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """The URL to which the hub sends a party's events, with the owner's options.

    `filters` are as the owner stated them. `headers` are sealed. `cooldown_until` is None if the endpoint is not in a
    cooldown, or if the query did not read it.
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
