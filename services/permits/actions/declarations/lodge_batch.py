"""Take in a batch of declarations from the gateway: facts by a few queries, decided in memory, written set-based."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations import unreadable
from services.permits.actions.declarations.unreadable import ReceivedSubmission
from services.permits.domain.checks.completion import cited_permits
from services.permits.domain.declarations.lodge import lodge
from services.permits.domain.declarations.unverified import lodge_unverified
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.store import change_sets, declarations, facts, permits
from shared.contracts.closed_sets import ActorRole, DeclarationStatus, MessageOutcome
from shared.contracts.messages import MessageResult, MessageResults
from shared.contracts.parties import Actor
from shared.database import RETRYABLE_STATES, retry_transaction
from shared.logs import logger
from shared.metrics import counter

ReceivedDeclaration = tuple[DeclarationRecord, str | None]
"""A letter as a declaration that was received, and why it cannot be checked, where it cannot."""
UNVERIFIED = "unverified"
CHECK_COUNTER = counter("saola_checks", "Declarations checked, by what came of it", ["outcome"])
RETRYABLE_SQLSTATES = RETRYABLE_STATES | {"23505"}
"""A letter that two couriers carry at once breaks a key for one of them; tried again, it is known."""


async def lodge_declarations(
    engine: AsyncEngine, messages: Sequence[ReceivedSubmission], at: datetime
) -> MessageResults:
    """Check and file each declaration once; a letter that came before is answered as taken.

    What is read of the letters is read before anything is locked, so that others go on meanwhile.
    """
    received = {message.id: _received_declaration(message) for message in messages}

    async def transaction() -> list[str]:
        async with engine.begin() as conn:
            return await _lodge(conn, received, at)

    for status in await retry_transaction(transaction, sqlstates=RETRYABLE_SQLSTATES):
        CHECK_COUNTER.labels(status).inc()
    return MessageResults(
        answers=tuple(MessageResult(id=message.id, outcome=MessageOutcome.TAKEN) for message in messages)
    )


async def _lodge(conn: AsyncConnection, received: Mapping[UUID, ReceivedDeclaration], at: datetime) -> list[str]:
    """Answer where each of the fresh ones stands after its check."""
    existing_ids = await declarations.existing_ids(conn, received)
    new = [entry for declaration_id, entry in received.items() if declaration_id not in existing_ids]
    if not new:
        return []
    actor = Actor(party=None, role=ActorRole.RULES, at=at)
    readable = [declaration for declaration, problem in new if problem is None]
    cited_keys = cited_permits(declaration.content for declaration in readable)
    cited = await permits.lock_cited(conn, cited_keys)
    changes = lodge(readable, cited, actor, await facts.load_facts(conn, readable, cited))
    await change_sets.save_change_set(conn, changes)
    await permits.add_watchers(conn, _watcher_pairs(changes), at)
    for declaration, reason in new:
        if reason is not None:
            logger().error("declaration.unverified", declaration=str(declaration.id), reason=reason)
            await change_sets.save_change_set(conn, lodge_unverified(declaration, reason, actor))
    statuses = [str(change.declaration.status) for change in changes.declarations]
    return statuses + [UNVERIFIED for _, reason in new if reason is not None]


def _watcher_pairs(changes: ChangeSet) -> list[tuple[UUID, UUID]]:
    return [
        (citation.permit, party)
        for change in changes.declarations
        for citation in change.declaration.citations
        for party in {change.declaration.party, change.declaration.trader}
    ]


def _received_declaration(message: ReceivedSubmission) -> ReceivedDeclaration:
    content, reason = unreadable.recover_declaration(message)
    declaration = DeclarationRecord(
        id=message.id,
        party=message.party.id,
        trader=message.trader,
        received_at=message.received_at,
        digest=message.digest,
        content=content,
        status=DeclarationStatus.RECEIVED,
    )
    return declaration, message.unverified or reason
