"""Write the change set of a decision in one transaction: declarations, permits, applications, ledger, history, outbox.

No other module writes a status. Each change brings its events, so no status changes without history and outbox
messages. The sequence of a subject increases by one per event, under the lock of its row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain import events
from services.permits.domain.events import NO_MEMBERS, AgentsOfTraders, Members
from services.permits.domain.model.applications import ApplicationRecord
from services.permits.domain.model.change_sets import ApplicationChange, ChangeSet, DeclarationChange, PermitChange
from services.permits.domain.model.customs_offices import acting_country, deciding_country
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import Data_co, DomainEvent
from services.permits.store import applications, policies, quota_usage
from services.permits.store import tables as t
from services.permits.store import to_row as w
from services.permits.store.tables import mandates
from shared.database import bulk_insert, bulk_update, column_arrays
from shared.mandate_copies import list_representing

Rows = Sequence[Mapping[str, Any]]
ColumnNames = tuple[str, ...]


async def save_change_set(conn: AsyncConnection, changes: ChangeSet) -> None:
    """Write all changes of a decision. The caller has locked the rows, permits first.

    Raise ValueError if the events of a subject do not follow its last one.
    """
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
    """Write a history row and an outbox message for every event."""
    agents = await _list_agents(conn, changes)
    messages = [
        *await _save_declaration_history(conn, changes.declarations, agents, await _list_members(conn, changes)),
        *await _save_permit_history(conn, changes.permits, agents),
        *await _save_application_history(conn, changes.applications, agents),
    ]
    await _insert(conn, t.outbox_events, w.OUTBOX_EVENT_COLUMNS, messages)


async def _list_agents(conn: AsyncConnection, changes: ChangeSet) -> AgentsOfTraders:
    """Return which agents of the change set have a valid mandate. Most declarations and permits have no agent.

    The gateway checked the mandates of new declarations, so these need no look-up.
    """
    subjects: list[DeclarationRecord | ApplicationRecord] = [change.declaration for change in changes.declarations]
    subjects += [change.application for change in changes.applications]
    with_agent = [one for one in subjects if one.party != one.trader]
    lodging = {(one.party, one.trader) for one in with_agent if not one.sequence}
    pairs = {(one.party, one.trader) for one in with_agent if one.sequence}
    for change in changes.permits:
        for event in change.events:
            pairs |= event.also_notify.agents
    return lodging | await list_representing(conn, mandates, pairs - lodging)


async def _list_members(conn: AsyncConnection, changes: ChangeSet) -> Members:
    """Return the members that act in place of deciding countries. Few declarations name an office of another one."""
    contents = (change.declaration.content for change in changes.declarations)
    deciding = {deciding_country(content) for content in contents if acting_country(content) is not None}
    countries = {country for country in deciding if country is not None}
    return await policies.list_members(conn, countries) if countries else NO_MEMBERS


async def _save_declaration_history(
    conn: AsyncConnection, changes: Iterable[DeclarationChange], agents: AgentsOfTraders, members: Members
) -> Rows:
    history, messages = [], []
    for change in changes:
        declaration = change.declaration
        audience = events.declaration_audience(declaration, agents, members).model_dump_json()
        for event in _in_sequence(change.events, declaration.sequence):
            history.append(w.history_row("declaration_id", declaration.id, event))
            messages.append(w.outbox_event_row("declaration", declaration.id, event, audience))
    await _insert(conn, t.declaration_history, ("declaration_id", *w.HISTORY_COLUMNS), history)
    return messages


async def _save_permit_history(conn: AsyncConnection, changes: Iterable[PermitChange], agents: AgentsOfTraders) -> Rows:
    history, messages = [], []
    for change in changes:
        permit = change.permit
        for event in _in_sequence(change.events, permit.sequence):
            audience = events.permit_audience(permit, event.also_notify, agents).model_dump_json()
            history.append(w.history_row("permit_id", permit.id, event))
            messages.append(w.outbox_event_row("permit", permit.id, event, audience))
    await _insert(conn, t.permit_history, ("permit_id", *w.HISTORY_COLUMNS), history)
    return messages


async def _save_application_history(
    conn: AsyncConnection, changes: Iterable[ApplicationChange], agents: AgentsOfTraders
) -> Rows:
    history, messages = [], []
    for change in changes:
        application = change.application
        for event in _in_sequence(change.events, application.sequence):
            audience = events.application_audience(application, event.data, agents).model_dump_json()
            history.append(w.history_row("application_id", application.id, event))
            messages.append(w.outbox_event_row("application", application.id, event, audience))
    await _insert(conn, t.application_history, ("application_id", *w.HISTORY_COLUMNS), history)
    return messages


def _in_sequence(subject_events: Sequence[DomainEvent[Data_co]], last_sequence: int) -> Sequence[DomainEvent[Data_co]]:
    """Return the events of a subject. Raise ValueError if their numbers do not follow the last one without a gap."""
    expected = range(last_sequence + 1, last_sequence + 1 + len(subject_events))
    if [event.data.sequence for event in subject_events] != list(expected):
        raise ValueError(f"events {[event.event_type for event in subject_events]} do not follow {last_sequence}")
    return subject_events


async def _insert(conn: AsyncConnection, table: Table, names: ColumnNames, rows: Rows) -> None:
    if rows:
        await conn.execute(bulk_insert(table, names), column_arrays(rows, names))


async def _update(
    conn: AsyncConnection, table: Table, keys: tuple[str, ...], names: tuple[str, ...], rows: Rows
) -> None:
    if rows:
        await conn.execute(bulk_update(table, keys, names), column_arrays(rows, (*keys, *names)))
