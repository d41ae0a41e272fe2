"""Write permits: an authority issues and revokes them, customs of the country of export endorses them."""

import json
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions import views
from services.permits.actions.holding import anew, with_holders
from services.permits.domain import papers
from services.permits.domain.lifecycle import By
from services.permits.domain.values import PermitOnFile
from services.permits.store import commands, declarations, door, parties, permits
from services.permits.store.commands import Command, Kept
from shared.cites.zones import latest_day
from shared.contracts.people import Act, Party
from shared.contracts.permit import Endorsement, Permit, Revocation
from shared.database import again, new_id
from shared.problems import Conflict, NotAllowed, NotFound


async def issue(engine: AsyncEngine, party: Party, terms: Permit, command: Command) -> Kept:
    """Issue a permit, or register one whose country has no authority on the hub."""
    by = Act(party=party.id, role=By.AUTHORITY, at=command.at)
    id = new_id(command.at)
    try:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            await _may_write(conn, party, terms)
            await door.keep(conn, papers.issue(id, terms, party, by))
            return await _answer(conn, id, command, 201)
    except IntegrityError as error:
        if "permits_issuer_number_key" not in str(error):
            raise
        detail = f"{terms.issuer} has a permit {terms.number} in the registry. Numbers are unique for their issuer."
        raise Conflict("permit-number-taken", detail) from None


async def _may_write(conn: AsyncConnection, party: Party, terms: Permit) -> None:
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
            await door.keep(conn, papers.endorse(locked, id, stated, by, others))
            return await _answer(conn, id, command, 200)

    return await anew(once)


def _endorses(party: Party, permit: PermitOnFile) -> bool:
    """Say whether this customs office endorses: of the country of export, or of the country that registered it."""
    foreign = permit.registering_country != permit.terms.issuer
    return party.country == permit.terms.export_country or (foreign and party.country == permit.registering_country)


async def revoke(engine: AsyncEngine, id: UUID, party: Party, stated: Revocation, command: Command) -> Kept:
    """Take a permit back; accepted declarations that cite it are referred in the same transaction."""
    by = Act(party=party.id, role=By.AUTHORITY, at=command.at)

    async def once() -> Kept:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            permit = await _locked(conn, id)
            if party.country not in {permit.terms.issuer, permit.registering_country}:
                raise NotFound
            command.must_match(permit.version)
            citing = await declarations.lock(conn, await declarations.standing_on(conn, id))
            watchers = await permits.watchers(conn, id)
            await door.keep(conn, papers.revoke(permit, stated.reason, by, citing, watchers))
            return await _answer(conn, id, command, 200)

    return await again(once)


async def _locked(conn: AsyncConnection, id: UUID) -> PermitOnFile:
    found = await permits.lock(conn, [id])
    if id not in found:
        raise NotFound
    return found[id]


async def _answer(conn: AsyncConnection, id: UUID, command: Command, status: int) -> Kept:
    permit = (await permits.lock(conn, [id]))[id]
    history = await permits.history(conn, id)
    view = views.permit(permit, latest_day(permit.terms.issuer, command.at), history)
    kept = Kept(status, json.dumps(view), f"/v1/permits/{id}", permit.version)
    await commands.end(conn, command, kept)
    return kept
