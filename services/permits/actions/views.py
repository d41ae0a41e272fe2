"""A row of history and a link to a permit, as the API shows them."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.store.from_row import Row
from shared.contracts.closed_sets import ActorRole
from shared.contracts.fields import format_timestamp

View = dict[str, Any]
HistoryRow = Row | Mapping[str, Any]
"""A row of history, read or about to be written."""


def transition_view(row: HistoryRow, record: DeclarationRecord | ApplicationRecord | None = None) -> View:
    """Write a turn; where an agent acted under a mandate, both it and its trader are named."""
    actor = {"party": str(row["actor_party_id"]) if row["actor_party_id"] else None, "role": row["actor_role"]}
    if (
        record is not None
        and row["actor_role"] == ActorRole.TRADER
        and row["actor_party_id"] not in {None, record.trader}
    ):
        actor["for"] = str(record.trader)
    return {
        "from": row["from_status"],
        "to": row["to_status"],
        "at": format_timestamp(row["at"]),
        "by": actor,
        "reason": row["reason"],
        "event": row["event"],
        "sequence": row["sequence"],
        **_detail(row["detail"]),
    }


def _detail(detail: str | View | None) -> View:
    """Return what an event was about, as it was read, or as it is about to be written.

    An override of all items of a declaration names none: its `item` is null.
    """
    found: View = json.loads(detail) if isinstance(detail, str) else detail or {}
    return {"item": None, **found} if "overridden" in found else found


Links = Mapping[UUID, tuple[str, str]]
"""Issuer and number of permits that another names, by id."""


def permit_link(permit_id: UUID | None, links: Links) -> View | None:
    """Name another permit, in whose place this one stands or which stands in its place."""
    if permit_id is None:
        return None
    issuer, number = links.get(permit_id, (None, None))
    return {"id": str(permit_id), "issuer": issuer, "number": number}
