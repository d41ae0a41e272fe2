"""Write permits: an authority issues them, customs of the country of export endorses them."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.locking import anew, with_holders
from services.permits.actions.permits import quota_check
from services.permits.actions.permits.views import answer
from services.permits.domain.lifecycle import By
from services.permits.domain.permits import issue as domain_issue
from services.permits.domain.permits import withdraw
from services.permits.domain.permits.issue import Fresh
from services.permits.domain.values import PermitOnFile
from services.permits.store import change_sets, commands, facts, parties
from services.permits.store.commands import Command, Kept
from shared.contracts.parties import Act, Party
from shared.contracts.permit import Endorsement, Permit
from shared.database import new_id
from shared.problems import Conflict, NotAllowed, NotFound
from shared.signed_tokens import digest, secret


async def issue(engine: AsyncEngine, party: Party, terms: Permit, command: Command) -> Kept:
    """Issue a permit, or register one whose country has no authority on the hub; answers its token, this once."""
    by = Act(party=party.id, role=By.AUTHORITY, at=command.at)
    id, token = new_id(command.at), secret()
    try:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            await may_write(conn, party, terms)
            fresh = Fresh(id, digest(token), await facts.of_papers(conn, [terms]))
            made = domain_issue.issue(fresh, terms, party, by)
            await quota_check.must_fit(conn, made)
            await change_sets.keep(conn, made)
            return await answer(conn, id, command, 201, token=token)
    except IntegrityError as error:
        raise_taken(error, terms.issuer, terms.number)
        raise


def raise_taken(error: IntegrityError, issuer: str, number: str) -> None:
    """Refuse a number that the issuer has given before, where that is what the database said (409)."""
    if "permits_issuer_number_key" in str(error):
        raise number_taken(issuer, number) from None


def number_taken(issuer: str, number: str) -> Conflict:
    """Write the refusal of a number that the issuer has given before."""
    detail = f"{issuer} has a permit {number} in the registry. Numbers are unique for their issuer."
    return Conflict("permit-number-taken", detail)


async def may_write(conn: AsyncConnection, party: Party, terms: Permit) -> None:
    """Refuse who is neither the issuer's authority nor the importing country's, where the issuer has none here."""
    if terms.issuer == party.country:
        return
    if terms.import_country == party.country and not await parties.has_authority(conn, terms.issuer):
        return
    detail = f"Permits of {terms.issuer} are written by its own authority; yours is {party.country}."
    raise NotAllowed("not-the-issuing-authority", detail)


async def endorse(engine: AsyncEngine, id: UUID, party: Party, stated: Endorsement, command: Command) -> Kept:
    """Write box 14 as customs of the country of export, or transcribe it where that country is not on the hub."""
    by = Act(party=party.id, role=By.CUSTOMS, at=command.at)

    async def once() -> Kept:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            locked, others = await with_holders(conn, [id])
            if id not in locked or not _endorses(party, locked[id]):
                raise NotFound
            command.must_match(locked[id].version)
            await change_sets.keep(conn, withdraw.endorse(locked, id, stated, by, others))
            return await answer(conn, id, command, 200)

    return await anew(once)


def _endorses(party: Party, permit: PermitOnFile) -> bool:
    """Say whether this customs office endorses: of the country of export, or of the country that registered it."""
    foreign = permit.registering_country != permit.terms.issuer
    return party.country == permit.terms.export_country or (foreign and party.country == permit.registering_country)
