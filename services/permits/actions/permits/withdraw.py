"""The authority of the issuer takes a permit out of use or back into it: revoked, replaced, lost, found.

The permit is locked first; then the declarations that stand on it, which are referred in the same transaction; then
those who cited it or looked it up are read, so that nobody who did so before is missed.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.permits import quota_check
from services.permits.actions.permits.issue import may_write, raise_taken
from services.permits.actions.permits.views import answer
from services.permits.domain.lifecycle import By
from services.permits.domain.permits import issue, withdraw
from services.permits.domain.permits.issue import Fresh
from services.permits.domain.permits.withdraw import Around
from services.permits.domain.values import Outcome, PermitOnFile
from services.permits.store import change_sets, commands, declarations, facts, permits
from services.permits.store.commands import Command, Kept
from shared.cites.time_zones import latest_day
from shared.contracts.parties import Act, Party
from shared.contracts.permit import Loss, Permit, Recovery, Revocation
from shared.database import again, new_id
from shared.problems import NotFound
from shared.signed_tokens import digest, secret

Decide = Callable[[PermitOnFile, Act, Around], Outcome]


async def revoke(engine: AsyncEngine, id: UUID, party: Party, stated: Revocation, command: Command) -> Kept:
    """Take a permit back for good."""
    return await _turn(engine, id, party, command, lambda p, by, around: withdraw.revoke(p, stated.reason, by, around))


async def lose(engine: AsyncEngine, id: UUID, party: Party, stated: Loss, command: Command) -> Kept:
    """Note that the paper is lost."""
    return await _turn(engine, id, party, command, lambda p, by, around: withdraw.lose(p, stated.reason, by, around))


async def find(engine: AsyncEngine, id: UUID, party: Party, stated: Recovery, command: Command) -> Kept:
    """Note that a lost paper was found."""
    return await _turn(engine, id, party, command, lambda p, by, around: withdraw.find(p, stated.reason, by, around))


async def _turn(engine: AsyncEngine, id: UUID, party: Party, command: Command, decide: Decide) -> Kept:
    async def once() -> Kept:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            permit = await _mine(conn, id, party, command)
            await change_sets.keep(conn, decide(permit, _act(party, command), await _around(conn, permit, command)))
            return await answer(conn, id, command)

    return await again(once)


async def replace(engine: AsyncEngine, id: UUID, party: Party, terms: Permit, command: Command) -> Kept:
    """Issue a new permit in the place of one; answers the old one, and in `replaced_by` the new one with its token."""
    new, token = new_id(command.at), secret()
    by = _act(party, command)

    async def once() -> Kept:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            old = await _mine(conn, id, party, command)
            await may_write(conn, party, terms)
            around = await _around(conn, old, command)
            fresh = Fresh(new, digest(token), await facts.of_papers(conn, [terms]))
            made = issue.stand_in(old, fresh, terms, party, by, around)
            await quota_check.must_fit(conn, made)
            await change_sets.keep(conn, made)
            link = {"id": str(new), "issuer": terms.issuer, "number": terms.number, "token": token}
            return await answer(conn, id, command, replaced_by=link)

    try:
        return await again(once)
    except IntegrityError as error:
        raise_taken(error, terms.issuer, terms.number)
        raise


async def _mine(conn: AsyncConnection, id: UUID, party: Party, command: Command) -> PermitOnFile:
    """Lock a permit that this authority issued or registered, at the version the command names."""
    permit = (await permits.lock(conn, [id])).get(id)
    if permit is None or party.country not in {permit.terms.issuer, permit.registering_country}:
        raise NotFound
    command.must_match(permit.version)
    return permit


async def _around(conn: AsyncConnection, permit: PermitOnFile, command: Command) -> Around:
    citing = await declarations.lock(conn, await declarations.standing_on(conn, permit.id))
    hearers = (await permits.watchers(conn, [permit.id])).get(permit.id, frozenset())
    return Around(citing, hearers, latest_day(permit.terms.issuer, command.at))


def _act(party: Party, command: Command) -> Act:
    return Act(party=party.id, role=By.AUTHORITY, at=command.at)
