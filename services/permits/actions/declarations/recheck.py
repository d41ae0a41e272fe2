"""Check referred declarations again after a change of reference data or permits that may settle their findings."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations.check_inputs import (
    CheckInputs,
    lock_announced,
    lock_check_inputs,
    read_check_inputs,
    run_check,
)
from services.permits.actions.declarations.second_use_alerts import hold_repeated
from services.permits.actions.locking import ConcurrentChange, retry_on_conflict
from services.permits.domain.declarations.recheck import can_be_rechecked, recheck
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.store import change_sets, declarations, permits, reference_loads
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor
from shared.logs import logger

PAGE = 100


class Rechecker:
    """The job that checks all referred declarations again after each change.

    It checks them once more in its next run: a transaction with an earlier number may commit after the change.
    """

    def __init__(self) -> None:
        self._last_mark: tuple[int, int] | None = None
        self._confirmed = False

    async def run(self, engine: AsyncEngine, at: datetime) -> None:
        """Check the referred declarations again, unless neither reference data nor permits have changed."""
        async with engine.connect() as conn:
            mark = await reference_loads.read_change_mark(conn)
        has_changed = mark != self._last_mark
        if has_changed or not self._confirmed:
            await recheck_referred(engine, at)
            self._last_mark, self._confirmed = mark, not has_changed


async def recheck_referred(engine: AsyncEngine, at: datetime) -> None:
    """Check every referred declaration that can be checked again. Write those with a different result."""
    last: UUID | None = None
    while True:
        async with engine.connect() as conn:
            page = await declarations.list_referred(conn, last, limit=PAGE)
            changed_ids = await _list_changed(
                conn, [declaration for declaration in page if can_be_rechecked(declaration)], at
            )
        for declaration_id in changed_ids:
            await _recheck_one(engine, declaration_id, at)
        if len(page) < PAGE:
            return
        last = page[-1].id


async def _list_changed(conn: AsyncConnection, waiting: Sequence[DeclarationRecord], at: datetime) -> list[UUID]:
    """List the declarations whose check now has a different result. Take no lock."""
    if not waiting:
        return []
    also_cited = await permits.list_keys(conn, {c.permit for record in waiting for c in record.citations})
    inputs = await read_check_inputs(conn, waiting, also=also_cited)
    changed_ids = []
    for declaration in waiting:
        try:
            if await run_check(inputs, partial(recheck, declaration, inputs.permits, inputs.facts, _system_actor(at))):
                changed_ids.append(declaration.id)
        except Exception as error:  # one declaration that breaks its check does not stop the others
            logger().error("declaration.recheck_failed", declaration=str(declaration.id), exc_info=error)
    return changed_ids


async def _recheck_one(engine: AsyncEngine, declaration_id: UUID, at: datetime) -> None:
    async def transaction() -> ChangeSet | None:
        async with engine.begin() as conn:
            before = (await declarations.read_many(conn, [declaration_id]))[declaration_id]
            inputs = await _lock_check_inputs(conn, before)
            declaration = (await declarations.lock(conn, [declaration_id]))[declaration_id]
            if declaration.sequence != before.sequence:  # it may now cite permits that are not locked
                raise ConcurrentChange
            if not can_be_rechecked(declaration):
                return None
            checked = await run_check(
                inputs, partial(recheck, declaration, inputs.permits, inputs.facts, _system_actor(at))
            )
            changes = None
            if checked is not None:
                changes = await hold_repeated(conn, await lock_announced(conn, inputs, checked))
                await change_sets.save_change_set(conn, changes)
                await permits.add_citing_parties(conn, [changes.declarations[0].declaration], at)
            return changes

    if await retry_on_conflict(transaction) is not None:
        logger().info("declaration.rechecked", declaration=str(declaration_id))


async def _lock_check_inputs(conn: AsyncConnection, declaration: DeclarationRecord) -> CheckInputs:
    keys = await permits.list_keys(conn, {citation.permit for citation in declaration.citations})
    return await lock_check_inputs(conn, [declaration], also=keys)


def _system_actor(at: datetime) -> Actor:
    return Actor(party=None, role=ActorRole.RULES, at=at)
