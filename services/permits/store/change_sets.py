"""The one door for change: declarations, permits, ledger, history and news of a decision, together or not at all.

A status is written here and nowhere else; whoever writes one brings the moves that led to it, so that nobody can
forget the history or the news. Each subject's sequence rises by one a move, under the lock of its row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain import events
from services.permits.domain.model.change_sets import ApplicationChange, ChangeSet, DeclarationChange, PermitChange
from services.permits.domain.model.events import DomainEvent
from services.permits.domain.model.permits import PermitRecord
from services.permits.store import applications, quota_usage
from services.permits.store import tables as t
from services.permits.store import to_row as w
from shared.database import bulk_insert, bulk_update, column_arrays

Rows = Sequence[Mapping[str, Any]]
ColumnNames = tuple[str, ...]


async def save_change_set(conn: AsyncConnection, changes: ChangeSet) -> None:
    """Write all that a decision changed. The rows it changes are locked by the caller, permits first."""
    await _save_permits(conn, changes.permits, w.changed_balance_columns(changes.postings))
    await _save_declarations(conn, changes.declarations)
    await _save_applications(conn, changes.applications)
    await _insert(conn, t.ledger, w.ENTRY_COLUMNS, [w.entry_row(posting) for posting in changes.postings])
    await _save_events(conn, changes)
    new_permits = [change for change in changes.permits if change.permit.sequence == 0]
    if new_permits:
        await quota_usage.record_usage(conn, [change.permit for change in new_permits], new_permits[0].events[0].actor)


async def _save_declarations(conn: AsyncConnection, changes: Iterable[DeclarationChange]) -> None:
    last = {change.declaration.id: change for change in changes}
    new = [w.declaration_row(c) for c in last.values() if c.declaration.sequence == 0]
    existing = [w.declaration_row(c) for c in last.values() if c.declaration.sequence > 0]
    await _insert(conn, t.declarations, w.DECLARATION_COLUMNS, new)
    await _update(conn, t.declarations, ("id",), w.DECLARATION_CHANGED_COLUMNS, existing)
    if existing:
        ids = [row["id"] for row in existing]
        await conn.execute(delete(t.citations).where(t.citations.c.declaration_id.in_(ids)))
    citations = [w.citation_row(citation) for change in last.values() for citation in change.declaration.citations]
    await _insert(conn, t.citations, w.CITATION_COLUMNS, citations)


async def _save_permits(conn: AsyncConnection, changes: Iterable[PermitChange], balance_columns: ColumnNames) -> None:
    new = [change for change in changes if change.permit.sequence == 0]
    existing = [change for change in changes if change.permit.sequence > 0]
    await _insert(conn, t.permits, w.PERMIT_COLUMNS, [w.permit_row(change) for change in new])
    await _insert(conn, t.permit_lines, w.LINE_COLUMNS, [row for change in new for row in w.line_rows(change.permit)])
    changed = [w.permit_row(change) for change in existing if change.events]
    await _update(conn, t.permits, ("id",), w.PERMIT_CHANGED_COLUMNS, changed)
    balances = [row for change in existing for row in w.balance_rows(change)]
    await _update(conn, t.permit_lines, ("permit_id", "line"), balance_columns, balances)


async def _save_applications(conn: AsyncConnection, changes: Iterable[ApplicationChange]) -> None:
    new = [applications.application_row(change) for change in changes if change.application.sequence == 0]
    existing = [applications.application_row(change) for change in changes if change.application.sequence > 0]
    await _insert(conn, t.applications, applications.APPLICATION_COLUMNS, new)
    await _update(conn, t.applications, ("id",), applications.APPLICATION_CHANGED_COLUMNS, existing)


async def _save_events(conn: AsyncConnection, changes: ChangeSet) -> None:
    """Write a history row and a piece of news for every move."""
    declaration_history, permit_history, messages = [], [], []
    for change in changes.declarations:
        declaration, audience = change.declaration, events.declaration_audience(change.declaration).model_dump_json()
        for number, event in enumerate(change.events, start=declaration.sequence + 1):
            declaration_history.append(w.history_row("declaration_id", declaration.id, number, event))
            data = events.declaration_payload(declaration, event)
            messages.append(w.outbox_event_row(f"declaration:{declaration.id}", number, event, data, audience))
    for permit, number, event in _numbered_events(changes.permits):
        permit_history.append(w.history_row("permit_id", permit.id, number, event))
        audience = events.permit_audience(permit, event.also_notify).model_dump_json()
        messages.append(
            w.outbox_event_row(f"permit:{permit.id}", number, event, events.permit_payload(permit, event), audience)
        )
    await _save_application_events(conn, changes.applications)
    await _insert(conn, t.declaration_history, ("declaration_id", *w.HISTORY_COLUMNS), declaration_history)
    await _insert(conn, t.permit_history, ("permit_id", *w.HISTORY_COLUMNS), permit_history)
    await _insert(conn, t.outbox_events, w.OUTBOX_EVENT_COLUMNS, messages)


def _numbered_events(changes: Iterable[PermitChange]) -> Iterator[tuple[PermitRecord, int, DomainEvent]]:
    for change in changes:
        for number, event in enumerate(change.events, start=change.permit.sequence + 1):
            yield change.permit, number, event


async def _save_application_events(conn: AsyncConnection, changes: Iterable[ApplicationChange]) -> None:
    rows, messages = [], []
    for change in changes:
        application = change.application
        for number, event in enumerate(change.events, start=application.sequence + 1):
            rows.append(w.history_row("application_id", application.id, number, event))
            audience = events.application_audience(application, event).model_dump_json()
            data = events.application_payload(application, event)
            messages.append(w.outbox_event_row(f"application:{application.id}", number, event, data, audience))
    await _insert(conn, t.application_history, ("application_id", *w.HISTORY_COLUMNS), rows)
    await _insert(conn, t.outbox_events, w.OUTBOX_EVENT_COLUMNS, messages)


async def _insert(conn: AsyncConnection, table: Table, names: ColumnNames, rows: Rows) -> None:
    if rows:
        await conn.execute(bulk_insert(table, names), column_arrays(rows, names))


async def _update(
    conn: AsyncConnection, table: Table, keys: tuple[str, ...], names: tuple[str, ...], rows: Rows
) -> None:
    if rows:
        await conn.execute(bulk_update(table, keys, names), column_arrays(rows, (*keys, *names)))
