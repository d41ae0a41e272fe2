"""Lodge a batch of declarations from the gateway: load the facts by a few queries, decide, write sets of rows."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations import unreadable
from services.permits.actions.declarations.check_inputs import lock_announced, lock_check_inputs, run_check
from services.permits.actions.declarations.second_use_alerts import hold_repeated
from services.permits.actions.declarations.unreadable import ReceivedSubmission
from services.permits.domain.checks.cost import split_by_cost
from services.permits.domain.declarations.lodge import lodge
from services.permits.domain.declarations.unverified import lodge_unverified
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.store import change_sets, declarations, permits
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, MessageOutcome
from shared.contracts.comparison import comparison_key
from shared.contracts.declaration import declaring_side
from shared.contracts.messages import MessageResult, MessageResults
from shared.contracts.parties import Actor
from shared.database import RETRYABLE_STATES, retry_transaction
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.metrics import counter

BATCH_SECONDS = Limit(
    2,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="Time in which permits begins to check parts of a batch of submissions",
    beyond="The gateway sends the others again, while the next batch goes on.",
)
ReceivedDeclaration = tuple[DeclarationRecord, str | None]
"""A received declaration, and the reason why the hub cannot check it, if there is one."""
UNVERIFIED = "unverified"
SHARED_REFERENCE = "another declaration of the trader has the same reference"
CHECK_COUNTER = counter("saola_checks", "Checked declarations, by their status after the check", ["outcome"])
RETRYABLE_SQLSTATES = RETRYABLE_STATES | {"23505"}
"""Two dispatchers that send one declaration at once break a key (23505) for one of them; its retry finds the row."""


async def lodge_declarations(
    engine: AsyncEngine, messages: Sequence[ReceivedSubmission], at: datetime
) -> MessageResults:
    """Check and store each declaration once. A declaration that is stored already gives the result `taken` too.

    The messages are parsed before any lock is taken, so that other transactions do not wait for it. Large declarations
    in a batch with usual ones are put off, and so is each part that would begin after `BATCH_SECONDS`. Their result is
    `later`. The first part is always checked.
    """
    began = time.monotonic()
    received = {message.id: _received_declaration(message) for message in messages}
    parts = split_by_cost(declaration for declaration, _ in received.values())
    taken: set[UUID] = set()
    for part in parts.usual or [[one] for one in parts.large]:
        if taken and time.monotonic() - began > BATCH_SECONDS:
            break
        ids = [one.id for one in part]
        for status in await _lodge_part(engine, {one: received[one] for one in ids}, at):
            CHECK_COUNTER.labels(status).inc()
        taken.update(ids)
    return MessageResults(answers=tuple(MessageResult(id=one, outcome=_outcome(one in taken)) for one in received))


def _outcome(is_taken: bool) -> MessageOutcome:
    return MessageOutcome.TAKEN if is_taken else MessageOutcome.LATER


async def _lodge_part(engine: AsyncEngine, received: Mapping[UUID, ReceivedDeclaration], at: datetime) -> list[str]:
    async def transaction() -> list[str]:
        async with engine.begin() as conn:
            return await _lodge(conn, received, at)

    return await retry_transaction(transaction, sqlstates=RETRYABLE_SQLSTATES)


async def _lodge(conn: AsyncConnection, received: Mapping[UUID, ReceivedDeclaration], at: datetime) -> list[str]:
    """Store the new declarations. Return the status of each after its check, or `unverified`."""
    existing_ids = await declarations.existing_ids(conn, received)
    new = [entry for declaration_id, entry in received.items() if declaration_id not in existing_ids]
    if not new:
        return []
    actor = Actor(party=None, role=ActorRole.RULES, at=at)
    readable = [declaration for declaration, problem in new if problem is None]
    inputs = await lock_check_inputs(conn, readable)
    checked = await run_check(inputs, lambda: lodge(readable, inputs.permits, actor, inputs.facts))
    changes = await hold_repeated(conn, await lock_announced(conn, inputs, checked))
    await change_sets.save_change_set(conn, changes)
    await permits.add_citing_parties(conn, (change.declaration for change in changes.declarations), at)
    for declaration, reason in new:
        if reason is not None:
            await _store_unverified(conn, declaration, reason, actor)
    statuses = [str(change.declaration.status) for change in changes.declarations]
    return statuses + [UNVERIFIED for _, reason in new if reason is not None]


async def _store_unverified(conn: AsyncConnection, declaration: DeclarationRecord, reason: str, actor: Actor) -> None:
    """Store a declaration that the hub cannot check, also if an older declaration has its reference.

    Two declarations of a trader have one reference if the gateway lost the first in a restore and accepted the second.
    """
    scope = declaration.trader, comparison_key(declaration.content.reference)
    if await declarations.ids_by_reference(conn, [scope]):
        declaration, reason = replace(declaration, shares_reference=True), SHARED_REFERENCE
    logger().error("declaration.unverified", declaration=str(declaration.id), reason=reason)
    await change_sets.save_change_set(conn, lodge_unverified(declaration, reason, actor))


def _received_declaration(message: ReceivedSubmission) -> ReceivedDeclaration:
    content, reason = unreadable.recover_declaration(message)
    declaring = declaring_side(content) if message.officer is not None else message.represented or message.party
    declaration = DeclarationRecord(
        id=message.id,
        party=message.party.id,
        trader=message.trader,
        trader_name=declaring.name,
        trader_country=declaring.country,
        officers=None if message.officer is None else (message.officer,),
        received_at=message.received_at,
        digest=message.digest,
        content=content,
        status=DeclarationStatus.RECEIVED,
    )
    return declaration, message.unverified or reason
