"""Take in a batch of declarations from the gateway: facts by a few queries, decided in memory, written set-based."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions import salvage
from services.permits.domain.completing import wanted_by
from services.permits.domain.filing import take_in, take_in_unverified
from services.permits.domain.lifecycle import By, Status
from services.permits.domain.values import Filed, Outcome
from services.permits.store import declarations, door, permits
from shared.contracts.letters import Answer, Answers, SubmissionLetter
from shared.contracts.people import Act
from shared.database import AGAIN, again
from shared.logs import logger

TWICE = AGAIN | {"23505"}
"""A letter that two couriers carry at once breaks a key for one of them; tried again, it is known."""


async def take_in_batch(engine: AsyncEngine, letters: Sequence[SubmissionLetter], at: datetime) -> Answers:
    """Check and file each declaration once; a letter that came before is answered as taken."""

    async def once() -> None:
        async with engine.begin() as conn:
            await _take_in(conn, letters, at)

    await again(once, states=TWICE)
    return Answers(answers=tuple(Answer(id=letter.id, outcome="taken") for letter in letters))


async def _take_in(conn: AsyncConnection, letters: Sequence[SubmissionLetter], at: datetime) -> None:
    known = await declarations.known(conn, [letter.id for letter in letters])
    fresh = {letter.id: letter for letter in letters if letter.id not in known}
    if not fresh:
        return
    by = Act(party=None, role=By.RULES, at=at)
    read = {id: filed_from(letter) for id, letter in fresh.items()}
    broken = {id: letter.unverified or read[id][1] for id, letter in fresh.items()}
    plain = [filed for id, (filed, _) in read.items() if broken[id] is None]
    wanted = wanted_by(filed.document for filed in plain)
    outcome = take_in(plain, await permits.lock_cited(conn, wanted), by)
    await door.keep(conn, outcome)
    await permits.watch(conn, _watchers(outcome), at)
    for id, reason in broken.items():
        if reason is not None:
            logger().error("declaration.unverified", declaration=str(id), reason=reason)
            await door.keep(conn, take_in_unverified(read[id][0], reason, by))


def _watchers(outcome: Outcome) -> list[tuple[UUID, UUID]]:
    return [
        (citation.permit, party)
        for change in outcome.declarations
        for citation in change.filed.citations
        for party in {change.filed.party, change.filed.trader}
    ]


def filed_from(letter: SubmissionLetter) -> tuple[Filed, str | None]:
    """Read a letter as a declaration that was received; and say why, where it could not be read whole."""
    document, reason = salvage.read(letter.id, letter.party.country, letter.declaration)
    filed = Filed(
        id=letter.id,
        party=letter.party.id,
        trader=letter.trader,
        received_at=letter.received_at,
        digest=letter.digest,
        document=document,
        status=Status.RECEIVED,
    )
    return filed, reason
