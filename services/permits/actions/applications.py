"""Applications for permits: a trader applies, the authority asks, grants or refuses."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions import views
from services.permits.actions.permits import quota_check
from services.permits.actions.permits.issue import raise_taken
from services.permits.domain import applications as domain_applications
from services.permits.domain.applications import Officer
from services.permits.domain.lifecycle import By
from services.permits.domain.permits.issue import Fresh
from services.permits.domain.values import ApplicationOnFile, Outcome
from services.permits.store import applications, change_sets, commands, declarations, facts, policies
from services.permits.store.commands import Command, Kept
from shared.cites.time_zones import latest_day
from shared.contracts.application import Application, Assessment, Granting, Question, Reply, Withdrawal
from shared.contracts.declaration import Refusal
from shared.contracts.parties import Act, ActsFor, Party
from shared.database import again, new_id
from shared.problems import NotAllowed, NotFound
from shared.signed_tokens import digest, secret

Decide = Callable[[AsyncConnection, ApplicationOnFile], Awaitable[Outcome]]


def _plainly(turn: Callable[[ApplicationOnFile], Outcome]) -> Decide:
    """Make a decision of a turn that needs nothing but the application."""

    async def decide(_: AsyncConnection, filed: ApplicationOnFile) -> Outcome:
        return turn(filed)

    return decide


async def submit(
    engine: AsyncEngine, party: Party, stated: Application, command: Command, *, trader: ActsFor | None = None
) -> Kept:
    """Apply for a permit as its exporter or importer, or as an agent in the name of one of them."""
    numbers = party.numbers if trader is None else frozenset(trader.numbers)
    whose = party.id if trader is None else trader.party
    _may_apply(stated, numbers, whose)
    id, by = new_id(command.at), Act(party=party.id, role=By.TRADER, at=command.at)
    async with engine.begin() as conn:
        kept = await commands.begin(conn, command)
        if kept is not None:
            return kept
        known = await facts.of_papers(conn, [stated])
        await change_sets.keep(conn, domain_applications.submit(id, whose, stated, by, known))
        return await _answer(conn, id, party, command, status=201)


def _may_apply(stated: Application, numbers: frozenset[str], whose: UUID) -> None:
    if not {stated.exporter.identifier, stated.importer.identifier} & numbers:
        text = (
            "Neither exporter nor importer is named by an identifier of yours, or of a trader whose mandate you hold."
        )
        raise NotAllowed("not-your-application", text)
    if stated.trader not in {None, whose}:
        raise NotAllowed("not-your-application", "`trader` is another party, and you hold no mandate of it today.")


async def query(engine: AsyncEngine, id: UUID, officer: Officer, stated: Question, command: Command) -> Kept:
    """Ask the applicant."""
    decide = _plainly(lambda filed: domain_applications.query(filed, stated.message, officer))
    return await _turn(engine, id, officer.party, applications.asked_of(officer.party), command, decide)


async def reply(engine: AsyncEngine, id: UUID, party: Party, stated: Reply, command: Command) -> Kept:
    """Answer the authority."""
    by = Act(party=party.id, role=By.TRADER, at=command.at)
    decide = _plainly(lambda filed: domain_applications.answer(filed, stated.message, by))
    return await _turn(engine, id, party, applications.made_by(party), command, decide)


async def withdraw(engine: AsyncEngine, id: UUID, party: Party, stated: Withdrawal, command: Command) -> Kept:
    """Take an application back."""
    by = Act(party=party.id, role=By.TRADER, at=command.at)
    decide = _plainly(lambda filed: domain_applications.withdraw(filed, stated.reason, by))
    return await _turn(engine, id, party, applications.made_by(party), command, decide)


async def refuse(engine: AsyncEngine, id: UUID, officer: Officer, stated: Refusal, command: Command) -> Kept:
    """Refuse an application."""
    decide = _plainly(lambda filed: domain_applications.refuse(filed, stated.reason, officer.by))
    return await _turn(engine, id, officer.party, applications.asked_of(officer.party), command, decide)


async def assess(engine: AsyncEngine, id: UUID, officer: Officer, stated: Assessment, command: Command) -> Kept:
    """Note what a person of the authority found."""
    decide = _plainly(lambda filed: domain_applications.assess(filed, stated, officer))
    return await _turn(engine, id, officer.party, applications.asked_of(officer.party), command, decide)


async def grant(engine: AsyncEngine, id: UUID, officer: Officer, stated: Granting, command: Command) -> Kept:
    """Grant an application, which issues the permit; answers its id and, this once, its token."""
    token = secret()

    async def decide(conn: AsyncConnection, filed: ApplicationOnFile) -> Outcome:
        policy, _ = await policies.find(conn, filed.document.asked)
        fresh = Fresh(new_id(command.at), digest(token), await facts.of_papers(conn, [filed.document]))
        two = policy.two_people_for_permits
        made = domain_applications.grant(
            filed, stated, fresh, officer, latest_day(filed.document.asked, command.at), two_people=two
        )
        await quota_check.must_fit(conn, made)
        return made

    which = applications.asked_of(officer.party)
    try:
        return await _turn(engine, id, officer.party, which, command, decide, token=token)
    except IntegrityError as error:
        raise_taken(error, officer.party.country, stated.number or "of this number")
        raise


async def _turn(
    engine: AsyncEngine,
    id: UUID,
    party: Party,
    which: ColumnElement[bool],
    command: Command,
    decide: Decide,
    *,
    token: str | None = None,
) -> Kept:
    async def once() -> Kept:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            filed = await applications.lock(conn, id, which)
            if filed is None:
                raise NotFound
            command.must_match(filed.version)
            await change_sets.keep(conn, await decide(conn, filed))
            return await _answer(conn, id, party, command, token=token)

    return await again(once)


async def _answer(
    conn: AsyncConnection, id: UUID, party: Party, command: Command, *, status: int = 200, token: str | None = None
) -> Kept:
    filed = await applications.find(conn, id, applications.readable_by(party))
    assert filed is not None, "who acted on it reads it"
    [view] = await _views(conn, [filed], party, command.at)
    if token is not None:
        view["permit"]["token"] = token
    kept = Kept(status, json.dumps(view), f"/v1/permit-applications/{id}", filed.version)
    await commands.end(conn, command, kept)
    return kept


async def read(engine: AsyncEngine, id: UUID, party: Party, at: datetime) -> views.View:
    """Read one application whole."""
    async with engine.connect() as conn:
        filed = await applications.find(conn, id, applications.readable_by(party))
        if filed is None:
            raise NotFound
        return (await _views(conn, [filed], party, at))[0]


async def list_applications(
    engine: AsyncEngine, party: Party, filters: dict[str, str], *, limit: int, before: UUID | None, at: datetime
) -> dict[str, Any]:
    """List applications, newest first."""
    async with engine.connect() as conn:
        found = await applications.search(conn, party, filters, limit=limit + 1, before=before)
        data = await _views(conn, found[:limit], party, at)
    return {"data": data, "next_cursor": str(found[limit - 1].id) if len(found) > limit else None}


async def _views(conn: AsyncConnection, found: list[ApplicationOnFile], party: Party, at: datetime) -> list[views.View]:
    histories = await applications.histories(conn, [one.id for one in found])
    links = await declarations.cited_permits(conn, {one.permit for one in found if one.permit is not None})
    return [views.application(one, histories.get(one.id, []), links, party, at) for one in found]
