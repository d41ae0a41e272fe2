"""Send a declaration to its next state: found, its permits locked, then itself; decided; written; answered once.

Locks are taken in one order everywhere, permits by id and then declarations by id, so that two never wait for each
other in a ring.
"""

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions import views
from services.permits.actions.declarations import check_unverified
from services.permits.actions.locking import Moved, anew, with_holders
from services.permits.domain.checks.completion import wanted_by
from services.permits.domain.declarations import consent as domain_consent
from services.permits.domain.declarations import correct as domain_correct
from services.permits.domain.declarations import lodge
from services.permits.domain.declarations import override as domain_override
from services.permits.domain.declarations import release as domain_release
from services.permits.domain.lifecycle import By, Status, may_turn, turns_of
from services.permits.domain.rules.whole_declaration import UNKNOWN, UNVERIFIED
from services.permits.domain.values import Filed, Outcome
from services.permits.domain.write_off.posting import Others, Permits
from services.permits.store import change_sets, commands, declarations, facts, permits
from services.permits.store.commands import Command, Kept
from shared.cites.time_zones import latest_day
from shared.contracts.declaration import (
    Cancellation,
    Consent,
    Correction,
    InsideDeclaration,
    Override,
    Refusal,
    Release,
)
from shared.contracts.parties import Act, ActsFor, Party
from shared.database import again
from shared.problems import Conflict, Fault, Invalid, NotAllowed, NotFound

Decide = Callable[[Filed, Permits, Others], Outcome]


async def release(engine: AsyncEngine, id: UUID, party: Party, stated: Release, command: Command) -> Kept:
    """Customs lets the goods go."""
    by = _act(party, By.CUSTOMS, command)
    day = latest_day(party.country, command.at)
    which = declarations.decided_by(party)
    return await _turn(engine, id, which, command, lambda f, p, o: domain_release.release(f, p, stated, by, day, o))


async def refuse(engine: AsyncEngine, id: UUID, party: Party, stated: Refusal, command: Command) -> Kept:
    """Customs refuses the goods."""
    by = _act(party, By.CUSTOMS, command)
    which = declarations.decided_by(party)
    return await _turn(engine, id, which, command, lambda f, p, _: domain_release.refuse(f, p, stated.reason, by))


async def override(engine: AsyncEngine, id: UUID, party: Party, stated: Override, command: Command) -> Kept:
    """Customs settles a finding; what could not be checked when it came is checked in its hand."""
    by = _act(party, By.CUSTOMS, command)
    which = declarations.decided_by(party)

    async def taken_on() -> Kept | None:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            if await check_unverified.take_on(conn, id, which, stated, by, command):
                return await _answer(conn, id, command)
            await commands.forget(conn, [command.id])
            return None

    kept = await again(taken_on) if stated.rule == UNVERIFIED else None
    if kept is not None:
        return kept

    async def unknown(conn: AsyncConnection, seen: Filed) -> None:
        if stated.rule == UNKNOWN:
            domain_override.must_be_unknown(seen, await permits.read_cited(conn, wanted_by([seen.document])), stated)

    return await _turn(
        engine, id, which, command, lambda f, p, _: domain_override.override(f, p, stated, by), first=unknown
    )


async def correct(engine: AsyncEngine, id: UUID, party: Party, stated: Correction, command: Command) -> Kept:
    """Customs corrects what was released."""
    by = _act(party, By.CUSTOMS, command)
    which = declarations.decided_by(party)
    return await _turn(engine, id, which, command, lambda f, p, o: domain_correct.correct(f, p, stated, by, o))


async def cancel(engine: AsyncEngine, id: UUID, party: Party, stated: Cancellation, command: Command) -> Kept:
    """The trader takes the declaration back."""
    by = _act(party, By.TRADER, command)
    which = declarations.lodged_by(party)
    return await _turn(engine, id, which, command, lambda f, p, _: domain_release.cancel(f, p, stated.reason, by))


async def consent(engine: AsyncEngine, id: UUID, party: Party, stated: Consent, command: Command) -> Kept:
    """The authority that issued the permit agrees to more."""
    by = _act(party, By.AUTHORITY, command)
    which = declarations.citing_permits_of(party)
    return await _turn(
        engine, id, which, command, lambda f, p, _: domain_consent.consent(f, p, stated, by, party.country)
    )


async def amend(
    engine: AsyncEngine,
    id: UUID,
    party: Party,
    stated: InsideDeclaration,
    command: Command,
    *,
    trader: ActsFor | None = None,
) -> Kept:
    """The trader, or an agent for it, states a new version, against the version that stands."""
    numbers = party.numbers if trader is None else frozenset(trader.numbers)
    by = _act(party, By.TRADER, command)

    async def once() -> Kept:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            before = await declarations.find(conn, id, declarations.lodged_by(party))
            if before is None:
                raise NotFound
            old = await declarations.cited_permits(conn, {c.permit for c in before.citations})
            here = await permits.lock_cited(conn, wanted_by([stated], besides=old.values()))
            filed = (await declarations.lock(conn, [id]))[id]
            if filed.sequence != before.sequence:
                raise Moved
            command.must_match(filed.version)
            _may_amend(filed, stated, numbers)
            fresh = _fresh(filed, stated, command)
            known = await facts.about(conn, [fresh], here)
            outcome = lodge.amend(filed, fresh, here, by, known)
            await change_sets.keep(conn, outcome)
            cited = outcome.declarations[0].filed.citations
            await permits.watch(
                conn, [(c.permit, who) for c in cited for who in (filed.party, filed.trader)], command.at
            )
            return await _answer(conn, id, command)

    return await anew(once)


def _fresh(filed: Filed, stated: InsideDeclaration, command: Command) -> Filed:
    return Filed(
        id=filed.id,
        party=filed.party,
        trader=filed.trader,
        received_at=command.at,
        digest=f"sha-256=:{b64encode(command.digest).decode()}:",
        document=stated,
        status=Status.RECEIVED,
    )


def _may_amend(filed: Filed, stated: InsideDeclaration, numbers: frozenset[str]) -> None:
    if not may_turn(filed.status, Status.RECEIVED, By.TRADER):
        detail = f"Declaration {filed.document.reference} is {filed.status}. {turns_of(filed.status)}"
        raise Conflict("wrong-turn", detail)
    for name in ("reference", "movement", "export_country", "import_country"):
        if getattr(stated, name) != getattr(filed.document, name):
            text = f"An amendment keeps the {name}: whose it is to decide does not change. Cancel, and lodge anew."
            raise Invalid("amendment-too-far", text, [Fault(f"/{name}", "amendment-too-far", text)])
    side = stated.importer if stated.movement == "import" else stated.exporter
    if side.identifier not in numbers:
        raise NotAllowed("not-your-declaration", "The declaring side is named by none of your identifiers.")


async def _turn(
    engine: AsyncEngine,
    id: UUID,
    which: ColumnElement[bool],
    command: Command,
    decide: Decide,
    *,
    first: Callable[[AsyncConnection, Filed], Awaitable[None]] | None = None,
) -> Kept:
    """Lock what a turn is about, and write what is decided; `first` may refuse it before anything is locked."""

    async def once() -> Kept:
        async with engine.begin() as conn:
            kept = await commands.begin(conn, command)
            if kept is not None:
                return kept
            seen = await declarations.find(conn, id, which)
            if seen is None:
                raise NotFound
            if first is not None:
                await first(conn, seen)
            mine = {citation.permit for citation in seen.citations}
            if seen.document.movement == "export":
                cited, locked = await with_holders(conn, mine, [id])
            else:
                cited, locked = await permits.lock(conn, mine), await declarations.lock(conn, [id])
            filed = locked.pop(id)
            if {c.permit for c in filed.citations} - cited.keys():
                raise Moved
            command.must_match(filed.version)
            await change_sets.keep(conn, decide(filed, cited, locked))
            return await _answer(conn, id, command)

    return await anew(once)


async def _answer(conn: AsyncConnection, id: UUID, command: Command) -> Kept:
    filed = (await declarations.lock(conn, [id]))[id]
    history = (await declarations.histories(conn, [id])).get(id, [])
    numbers = await declarations.cited_permits(conn, {citation.permit for citation in filed.citations})
    kept = Kept(200, json.dumps(views.declaration(filed, history, numbers)), None, filed.version)
    await commands.end(conn, command, kept)
    return kept


def _act(party: Party, by: By, command: Command) -> Act:
    return Act(party=party.id, role=by.value, at=command.at)
