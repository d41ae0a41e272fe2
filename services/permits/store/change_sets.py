"""The one door for change: declarations, permits, ledger, history and news of a decision, together or not at all.

A status is written here and nowhere else; whoever writes one brings the moves that led to it, so that nobody can
forget the history or the news. Each subject's sequence rises by one a move, under the lock of its row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain import events
from services.permits.domain.values import (
    ApplicationChange,
    DeclarationChange,
    Move,
    Outcome,
    PermitChange,
    PermitOnFile,
)
from services.permits.store import applications, quota_usage
from services.permits.store import tables as t
from services.permits.store import to_row as w
from shared.database import change_many, columns, many

Rows = Sequence[Mapping[str, Any]]
Names = tuple[str, ...]


async def keep(conn: AsyncConnection, outcome: Outcome) -> None:
    """Write all that a decision changed. The rows it changes are locked by the caller, permits first."""
    await _keep_permits(conn, outcome.permits, w.moved_by(outcome.postings))
    await _keep_declarations(conn, outcome.declarations)
    await _keep_applications(conn, outcome.applications)
    await _add(conn, t.ledger, w.ENTRY, [w.entry_row(posting) for posting in outcome.postings])
    await _tell(conn, outcome)
    fresh = [change for change in outcome.permits if change.permit.sequence == 0]
    if fresh:
        await quota_usage.take(conn, [change.permit for change in fresh], fresh[0].moves[0].act)


async def _keep_declarations(conn: AsyncConnection, changes: Iterable[DeclarationChange]) -> None:
    last = {change.filed.id: change for change in changes}
    fresh = [w.declaration_row(c) for c in last.values() if c.filed.sequence == 0]
    known = [w.declaration_row(c) for c in last.values() if c.filed.sequence > 0]
    await _add(conn, t.declarations, w.DECLARATION, fresh)
    await _change(conn, t.declarations, ("id",), w.DECLARATION_CHANGES, known)
    if known:
        ids = [row["id"] for row in known]
        await conn.execute(delete(t.citations).where(t.citations.c.declaration_id.in_(ids)))
    cited = [w.citation_row(citation) for change in last.values() for citation in change.filed.citations]
    await _add(conn, t.citations, w.CITATION, cited)


async def _keep_permits(conn: AsyncConnection, changes: Iterable[PermitChange], balance: Names) -> None:
    fresh = [change for change in changes if change.permit.sequence == 0]
    known = [change for change in changes if change.permit.sequence > 0]
    await _add(conn, t.permits, w.PERMIT, [w.permit_row(change) for change in fresh])
    await _add(conn, t.permit_lines, w.LINE, [row for change in fresh for row in w.line_rows(change.permit)])
    moved = [w.permit_row(change) for change in known if change.moves]
    await _change(conn, t.permits, ("id",), w.PERMIT_CHANGES, moved)
    balances = [row for change in known for row in w.balance_rows(change)]
    await _change(conn, t.permit_lines, ("permit_id", "line"), balance, balances)


async def _keep_applications(conn: AsyncConnection, changes: Iterable[ApplicationChange]) -> None:
    fresh = [applications.application_row(change) for change in changes if change.application.sequence == 0]
    known = [applications.application_row(change) for change in changes if change.application.sequence > 0]
    await _add(conn, t.applications, applications.APPLICATION, fresh)
    await _change(conn, t.applications, ("id",), applications.APPLICATION_CHANGES, known)


async def _tell(conn: AsyncConnection, outcome: Outcome) -> None:
    """Write a history row and a piece of news for every move."""
    of_declarations, of_permits, letters = [], [], []
    for one in outcome.declarations:
        filed, hearers = one.filed, events.hearers_of_declaration(one.filed).model_dump_json()
        for number, move in enumerate(one.moves, start=filed.sequence + 1):
            of_declarations.append(w.history_row("declaration_id", filed.id, number, move))
            data = events.about_declaration(filed, move)
            letters.append(w.news_row(f"declaration:{filed.id}", number, move, data, hearers))
    for permit, number, move in _moves(outcome.permits):
        of_permits.append(w.history_row("permit_id", permit.id, number, move))
        hearers = events.hearers_of_permit(permit, move.heard_by).model_dump_json()
        letters.append(w.news_row(f"permit:{permit.id}", number, move, events.about_permit(permit, move), hearers))
    await _tell_of_applications(conn, outcome.applications)
    await _add(conn, t.declaration_history, ("declaration_id", *w.HISTORY), of_declarations)
    await _add(conn, t.permit_history, ("permit_id", *w.HISTORY), of_permits)
    await _add(conn, t.news, w.NEWS, letters)


def _moves(changes: Iterable[PermitChange]) -> Iterator[tuple[PermitOnFile, int, Move]]:
    for change in changes:
        for number, move in enumerate(change.moves, start=change.permit.sequence + 1):
            yield change.permit, number, move


async def _tell_of_applications(conn: AsyncConnection, changes: Iterable[ApplicationChange]) -> None:
    rows, letters = [], []
    for change in changes:
        one = change.application
        for number, move in enumerate(change.moves, start=one.sequence + 1):
            rows.append(w.history_row("application_id", one.id, number, move))
            hearers = events.hearers_of_application(one, move).model_dump_json()
            data = events.about_application(one, move)
            letters.append(w.news_row(f"application:{one.id}", number, move, data, hearers))
    await _add(conn, t.application_history, ("application_id", *w.HISTORY), rows)
    await _add(conn, t.news, w.NEWS, letters)


async def _add(conn: AsyncConnection, table: Table, names: Names, rows: Rows) -> None:
    if rows:
        await conn.execute(many(table, names), columns(rows, names))


async def _change(
    conn: AsyncConnection, table: Table, keys: tuple[str, ...], names: tuple[str, ...], rows: Rows
) -> None:
    if rows:
        await conn.execute(change_many(table, keys, names), columns(rows, (*keys, *names)))
