"""Take in a batch of declarations from the gateway: facts by a few queries, decided in memory, written set-based."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.declarations import unreadable
from services.permits.actions.declarations.unreadable import Letter
from services.permits.domain.checks.completion import wanted_by
from services.permits.domain.declarations.lodge import take_in, take_in_unverified
from services.permits.domain.lifecycle import By, Status
from services.permits.domain.values import Filed, Outcome
from services.permits.store import change_sets, declarations, facts, permits
from shared.contracts.messages import Answer, Answers
from shared.contracts.parties import Act
from shared.database import AGAIN, again
from shared.logs import logger
from shared.metrics import counter

Arrival = tuple[Filed, str | None]
"""A letter as a declaration that was received, and why it cannot be checked, where it cannot."""
UNVERIFIED = "unverified"
CHECKS = counter("saola_checks", "Declarations checked, by what came of it", ["outcome"])
TWICE = AGAIN | {"23505"}
"""A letter that two couriers carry at once breaks a key for one of them; tried again, it is known."""


async def take_in_batch(engine: AsyncEngine, letters: Sequence[Letter], at: datetime) -> Answers:
    """Check and file each declaration once; a letter that came before is answered as taken.

    What is read of the letters is read before anything is locked, so that others go on meanwhile.
    """
    read = {letter.id: _read(letter) for letter in letters}

    async def once() -> list[str]:
        async with engine.begin() as conn:
            return await _take_in(conn, read, at)

    for status in await again(once, states=TWICE):
        CHECKS.labels(status).inc()
    return Answers(answers=tuple(Answer(id=letter.id, outcome="taken") for letter in letters))


async def _take_in(conn: AsyncConnection, read: Mapping[UUID, Arrival], at: datetime) -> list[str]:
    """Answer where each of the fresh ones stands after its check."""
    known = await declarations.known(conn, read)
    fresh = [arrival for id, arrival in read.items() if id not in known]
    if not fresh:
        return []
    by = Act(party=None, role=By.RULES, at=at)
    plain = [filed for filed, broken in fresh if broken is None]
    wanted = wanted_by(filed.document for filed in plain)
    cited = await permits.lock_cited(conn, wanted)
    outcome = take_in(plain, cited, by, await facts.about(conn, plain, cited))
    await change_sets.keep(conn, outcome)
    await permits.watch(conn, _watchers(outcome), at)
    for filed, reason in fresh:
        if reason is not None:
            logger().error("declaration.unverified", declaration=str(filed.id), reason=reason)
            await change_sets.keep(conn, take_in_unverified(filed, reason, by))
    judged = [str(change.filed.status) for change in outcome.declarations]
    return judged + [UNVERIFIED for _, reason in fresh if reason is not None]


def _watchers(outcome: Outcome) -> list[tuple[UUID, UUID]]:
    return [
        (citation.permit, party)
        for change in outcome.declarations
        for citation in change.filed.citations
        for party in {change.filed.party, change.filed.trader}
    ]


def _read(letter: Letter) -> Arrival:
    document, reason = unreadable.read(letter)
    filed = Filed(
        id=letter.id,
        party=letter.party.id,
        trader=letter.trader,
        received_at=letter.received_at,
        digest=letter.digest,
        document=document,
        status=Status.RECEIVED,
    )
    return filed, letter.unverified or reason
