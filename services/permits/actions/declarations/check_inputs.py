"""Load the permits and facts of checks, run large checks in a thread, and lock the permits of their events."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.checks.completion import cited_permits, usable_by
from services.permits.domain.checks.cost import cited_keys, estimate_cost, is_always_checked, loaded_cost, maximum_cost
from services.permits.domain.checks.import_permits import named_permits
from services.permits.domain.declarations.verdicts import announced_on
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import CitedPermits, PermitKey, PermitRecord
from services.permits.domain.reference.facts import Facts
from services.permits.domain.rules.check_limits import CHECK_COST
from services.permits.store import facts, permits
from shared.limits import Limit, LimitSubject

T = TypeVar("T")
INLINE_COST = Limit(
    50_000,
    "comparisons",
    subject=LimitSubject.MEMORY,
    meaning="Cost of the checks that run on the event loop at once",
    beyond="They run in a thread, so that the process goes on to serve other requests.",
)


@dataclass(frozen=True, kw_only=True)
class CheckInputs:
    """The permits and facts of the checks of some declarations, and what the checks cost at most.

    `locked` are the permits that the transaction has locked. It has read the others.
    """

    permits: list[PermitRecord]
    locked: frozenset[UUID]
    facts: Facts
    cost: int


async def lock_check_inputs(
    conn: AsyncConnection, declarations: Sequence[DeclarationRecord], *, also: Iterable[PermitKey] = ()
) -> CheckInputs:
    """Lock the permits that declarations may use. Return what their checks need.

    The export documents that cited import permits name are locked too, because the hub may write them off. So are the
    previous documents of re-export certificates, because the hub adds up what is re-exported.
    `also` are further permits to lock: the declarations have reservations on them, or an officer confirms their holder.
    The permits of a declaration that is too large to check are not loaded. Only their lines are counted.
    """
    also = frozenset(also)

    async def load(cited: CitedPermits) -> permits.CitedRecords:
        return await permits.lock_cited(conn, cited, usable_by(declarations, also), named_permits(declarations, also))

    return await _load(conn, declarations, load, also)


async def read_check_inputs(
    conn: AsyncConnection, declarations: Sequence[DeclarationRecord], *, also: Iterable[PermitKey] = ()
) -> CheckInputs:
    """Return what the checks of declarations need, as `lock_check_inputs` does. Take no lock."""

    also = frozenset(also)

    async def load(cited: CitedPermits) -> permits.CitedRecords:
        return permits.CitedRecords(
            permits=await permits.read_cited(conn, cited, named_permits(declarations, also)), locked=frozenset()
        )

    return await _load(conn, declarations, load, also)


async def _load(
    conn: AsyncConnection,
    declarations: Sequence[DeclarationRecord],
    load_permits: Callable[[CitedPermits], Awaitable[permits.CitedRecords]],
    also: Iterable[PermitKey],
) -> CheckInputs:
    keys = {
        key
        for one in declarations
        if not is_always_checked(one.content) and maximum_cost(one.content) > CHECK_COST
        for key in cited_keys(one.content)
    }
    line_counts = await permits.count_lines(conn, keys) if keys else {}
    checked = [one for one in declarations if estimate_cost(one.content, {}, line_counts) <= CHECK_COST]
    cited = cited_permits((one.content for one in checked), also=also)
    loaded = await load_permits(cited)
    loaded_facts = await facts.load_facts(conn, checked, loaded.permits, cited.lines)
    return CheckInputs(
        permits=loaded.permits,
        locked=loaded.locked,
        facts=replace(loaded_facts, line_counts=line_counts) if line_counts else loaded_facts,
        cost=loaded_cost((one.content for one in checked), loaded.permits),
    )


async def run_check(inputs: CheckInputs, work: Callable[[], T]) -> T:
    """Return the result of a check. A large one runs in a thread, so that the event loop serves other requests."""
    return work() if inputs.cost <= INLINE_COST else await asyncio.to_thread(work)


async def lock_announced(conn: AsyncConnection, inputs: CheckInputs, changes: ChangeSet) -> ChangeSet:
    """Return a change set whose permits are all locked: at last those that the checks only read.

    Such a permit names other parties, and its issuer receives an event about the attempt to use it.
    """
    read = [change.permit for change in changes.permits if change.permit.id not in inputs.locked]
    if not read:
        return changes
    current = await permits.lock_read(conn, read)
    permit_changes = (
        announced_on(change, current[change.permit.id]) if change.permit.id in current else change
        for change in changes.permits
    )
    return replace(changes, permits=tuple(permit_changes))
