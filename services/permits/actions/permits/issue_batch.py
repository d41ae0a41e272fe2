"""Issue a batch of permits at once: a bad one is answered alone and harms none of its neighbours.

One transaction for the good ones, a few statements however many there are. What was answered before is answered again.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions import views
from services.permits.actions.permits import quota_check
from services.permits.actions.permits.issue import may_write, number_taken
from services.permits.domain.lifecycle import By
from services.permits.domain.permits import issue
from services.permits.domain.permits.issue import Fresh
from services.permits.domain.values import Outcome, PermitChange
from services.permits.store import change_sets, commands, facts, permits
from services.permits.store.commands import Command, Kept
from services.permits.store.to_row import history_row
from shared.cites.time_zones import latest_day
from shared.contracts.parties import Act, Party
from shared.contracts.permit import Permit
from shared.database import AGAIN, again, new_id
from shared.problems import Refusal
from shared.signed_tokens import digest, secret

TWICE = AGAIN | {"23505"}
"""A number that a rival gave at this moment breaks a key for the whole batch; tried again, it is seen."""


@dataclass(frozen=True)
class Asked:
    """One permit to be issued: its command, and its terms, or the refusal of what was no permit."""

    command: Command
    terms: Permit | Refusal


Answers = dict[UUID, Kept | Refusal]


async def issue_all(engine: AsyncEngine, party: Party, asked: Sequence[Asked]) -> list[Kept | Refusal]:
    """Issue permits and answer each, in order."""
    answers: Answers = {a.command.id: a.terms for a in asked if isinstance(a.terms, Refusal)}
    first: dict[UUID, tuple[Command, Permit]] = {}
    for one in asked:
        if isinstance(one.terms, Permit):
            first.setdefault(one.command.id, (one.command, one.terms))

    async def once() -> Answers:
        async with engine.begin() as conn:
            return await _issue(conn, party, first)

    if first:
        answers = {**answers, **await again(once, states=TWICE)}
    return [_answer(one, answers, first) for one in asked]


def _answer(one: Asked, answers: Answers, first: dict[UUID, tuple[Command, Permit]]) -> Kept | Refusal:
    """Answer one by its own body: a key that comes twice in a batch is the first one's."""
    if isinstance(one.terms, Refusal):
        return one.terms
    named = first[one.command.id][0]
    if named.fingerprint != one.command.fingerprint:
        return commands.reused()
    given = answers[one.command.id]
    return given if named is one.command or isinstance(given, Refusal) else replace(given, replayed=True)


async def _issue(conn: AsyncConnection, party: Party, first: dict[UUID, tuple[Command, Permit]]) -> Answers:
    answers = await commands.begin_many(conn, [command for command, _ in first.values()])
    fresh = {id: one for id, one in first.items() if id not in answers}
    refused = await _refusals(conn, party, fresh)
    known = await facts.of_papers(conn, [terms for id, (_, terms) in fresh.items() if id not in refused])
    made: dict[UUID, tuple[Outcome, str]] = {}
    for id, (command, terms) in fresh.items():
        if id in refused:
            continue
        token = secret()
        try:
            act = Act(party=party.id, role=By.AUTHORITY, at=command.at)
            outcome = issue.issue(Fresh(new_id(command.at), digest(token), known), terms, party, act)
        except Refusal as no:
            refused[id] = no
        else:
            made[id] = outcome, token
    beyond = await quota_check.refused(conn, [outcome.permits[0].permit for outcome, _ in made.values()])
    refused |= {id: beyond[p] for id, (one, _) in made.items() if (p := one.permits[0].permit.id) in beyond}
    kept = {id: _kept(one.permits[0], first[id][0], token) for id, (one, token) in made.items() if id not in refused}
    await commands.forget(conn, refused.keys())
    await change_sets.keep(conn, _joined(sorted((made[id][0] for id in kept), key=_by_number)))
    await commands.end_many(conn, kept)
    return {**answers, **refused, **kept}


async def _refusals(
    conn: AsyncConnection, party: Party, fresh: dict[UUID, tuple[Command, Permit]]
) -> dict[UUID, Refusal]:
    """Refuse what this authority may not write, and numbers that were given before, in this batch too."""
    keys = {(terms.issuer, terms.number) for _, terms in fresh.values()}
    taken = await permits.numbers_taken(conn, keys) if keys else set()
    refused: dict[UUID, Refusal] = {}
    for id, (_, terms) in fresh.items():
        try:
            await may_write(conn, party, terms)
        except Refusal as no:
            refused[id] = no
            continue
        if (terms.issuer, terms.number) in taken:
            refused[id] = number_taken(terms.issuer, terms.number)
        taken.add((terms.issuer, terms.number))
    return refused


def _kept(change: PermitChange, command: Command, token: str) -> Kept:
    """Write the answer that reading the permit would give, without reading it."""
    permit = replace(change.permit, sequence=1)
    history = [history_row("permit_id", permit.id, 1, change.moves[0])]
    view = {**views.permit(permit, latest_day(permit.terms.issuer, command.at), history), "token": token}
    return Kept(201, json.dumps(view), f"/v1/permits/{permit.id}", permit.version)


def _by_number(outcome: Outcome) -> tuple[str, str]:
    """Answer what orders the rows, so that rival batches over the same numbers never wait in a circle."""
    return outcome.permits[0].permit.terms.issuer, outcome.permits[0].permit.terms.number


def _joined(outcomes: Iterable[Outcome]) -> Outcome:
    """Gather what many decisions write."""
    made = tuple(outcomes)
    return Outcome(
        permits=tuple(chain.from_iterable(one.permits for one in made)),
        postings=tuple(chain.from_iterable(one.postings for one in made)),
    )
