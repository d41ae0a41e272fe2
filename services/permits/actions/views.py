"""Parts of views that several subjects share: history entries and links to permits."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.issue_notes import NO_NOTES, IssueNotes
from services.permits.store.from_row import Row
from shared.contracts.closed_sets import ActorRole
from shared.contracts.views.parts import HistoryActor, HistoryEntry
from shared.contracts.views.permits import RelatedPermit

HistoryRow = Row | Mapping[str, Any]
"""A row of history, as read or as it will be written."""
Entry = TypeVar("Entry", bound=HistoryEntry)
Links = Mapping[UUID, tuple[str, str]]
"""Issuer and number of permits, by id."""


def history_entry(
    view: type[Entry], row: HistoryRow, record: DeclarationRecord | ApplicationRecord | None = None
) -> Entry:
    """Return the view of a row of history. If an agent acted under a mandate, it names both agent and trader."""
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
    """Return the detail of an event, parsed if it comes from the database.

    An override of all items of a declaration has the `item` null.
    """
    found: dict[str, Any] = json.loads(detail) if isinstance(detail, str) else detail or {}
    return {"item": None, **found} if "overridden" in found else found


def permit_link(
    permit_id: UUID | None, links: Links, *, token: str | None = None, notes: IssueNotes = NO_NOTES
) -> RelatedPermit | None:
    """Return the link to a replaced or replacing permit, or None.

    `token` and `notes` are set if that permit was just issued.
    """
    if permit_id is None:
        return None
    issuer, number = links.get(permit_id, (None, None))
    return RelatedPermit(
        id=permit_id,
        issuer=issuer,
        number=number,
        token=token,
        notes=notes.notes or None,
        notes_omitted=notes.omitted or None,
    )
