"""Hold back alerts about repeated second uses, and send the alert that counts them when their window is over."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.domain.declarations.second_use_alerts import held_alerts, hold_attempts, without_held
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.store import change_sets, permits
from services.permits.store import second_use_alerts as store
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor
from shared.database import run_transaction
from shared.logs import logger

PAGE = 100
"""Permits that one query lists, and ended windows that one statement deletes."""


async def hold_repeated(conn: AsyncConnection, changes: ChangeSet) -> ChangeSet:
    """Return a change set without the alerts about attempts that the hub holds back. Store these attempts.

    The transaction has locked the permits. A change set without second uses costs no query.
    """
    attempts = [attempt for change in changes.permits for attempt in change.attempts]
    if not attempts:
        return changes
    kinds = {attempt.kind for attempt in attempts}
    held = kinds - await store.open_windows(conn, kinds)
    if not held:
        return changes
    await store.hold(conn, hold_attempts(attempt for attempt in attempts if attempt.kind in held))
    return without_held(changes, held)


async def send_held_alerts(engine: AsyncEngine, at: datetime) -> None:
    """Send the alerts about held attempts whose window is over. Delete windows that ended without further attempts."""
    sent: set[UUID] = set()
    while due := set(await _list_due(engine, limit=PAGE + len(sent))) - sent:
        for permit_id in due:
            await _try_send(engine, permit_id, at)
        sent |= due
    while await run_transaction(engine, partial(store.delete_ended, limit=PAGE)) == PAGE:
        pass


async def _list_due(engine: AsyncEngine, *, limit: int) -> Sequence[UUID]:
    async with engine.connect() as conn:
        return await store.list_due_permits(conn, limit=limit)


async def _try_send(engine: AsyncEngine, permit_id: UUID, at: datetime) -> None:
    """Send the alerts of a permit. If that fails, the attempts wait for the next run, and other permits go on."""
    try:
        await run_transaction(engine, partial(_send, permit_id=permit_id, at=at))
    except Exception as error:
        logger().error("second_use_alert.failed", permit=str(permit_id), exc_info=error)


async def _send(conn: AsyncConnection, *, permit_id: UUID, at: datetime) -> None:
    read = await permits.read_many(conn, [permit_id])
    locked = await permits.lock_read(conn, read.values())
    held = await store.take_due(conn, permit_id)
    if held:
        change = held_alerts(locked[permit_id], held, Actor(party=None, role=ActorRole.RULES, at=at))
        await change_sets.save_change_set(conn, ChangeSet(permits=(change,)))
