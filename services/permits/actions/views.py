"""What several subjects show alike: rows of history, and links to permits."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.store.from_row import Row
from shared.contracts.closed_sets import ActorRole
from shared.contracts.views.parts import HistoryActor, HistoryEntry
from shared.contracts.views.permits import RelatedPermit

HistoryRow = Row | Mapping[str, Any]
"""A row of history, read or about to be written."""
Entry = TypeVar("Entry", bound=HistoryEntry)
Links = Mapping[UUID, tuple[str, str]]
"""Issuer and number of permits that another names, by id."""


def history_entry(
    view: type[Entry], row: HistoryRow, record: DeclarationRecord | ApplicationRecord | None = None
) -> Entry:
    """Return a row of history. Where an agent acted under a mandate, both it and its trader are named."""
    party, role = row["actor_party_id"], row["actor_role"]
    is_agent = record is not None and role == ActorRole.TRADER and party not in {None, record.trader}
    return view(
        from_=row["from_status"],
        to=row["to_status"],
        at=row["at"],
        by=HistoryActor(party=party, role=role, for_=record.trader if record is not None and is_agent else None),
        reason=row["reason"],
        event=row["event"],
        sequence=row["sequence"],
        **_detail(row["detail"]),
    )


def _detail(detail: str | dict[str, Any] | None) -> dict[str, Any]:
    """Return what an event was about, as it was read, or as it is about to be written.

    An override of all items of a declaration names none: its `item` is null.
    """
    found: dict[str, Any] = json.loads(detail) if isinstance(detail, str) else detail or {}
    return {"item": None, **found} if "overridden" in found else found


def permit_link(permit_id: UUID | None, links: Links, *, token: str | None = None) -> RelatedPermit | None:
    """Name another permit: replaced by this one, or in its place; `token` is its secret where it was just issued."""
    if permit_id is None:
        return None
    issuer, number = links.get(permit_id, (None, None))
    return RelatedPermit(id=permit_id, issuer=issuer, number=number, token=token)
