"""Issue a batch of permits at once. An invalid permit gets its own error and does not affect the others.

The valid ones take one transaction and a fixed number of statements. A repeated command gets its stored response.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.permits.actions.permits import quota_check, second_person
from services.permits.actions.permits.issuing_authority import require_issuing_authority
from services.permits.actions.permits.permit_numbers import ReadNumbers, number_taken_error, read_numbers
from services.permits.actions.permits.views import REPLACE_PERMIT, IssuedPermit, IssuedPermits, permit_view
from services.permits.domain.model.change_sets import ChangeSet, PermitChange
from services.permits.domain.model.permits import permit_key
from services.permits.domain.model.persons import UNKNOWN_PERSON
from services.permits.domain.permits import issue
from services.permits.domain.permits.issue import NewPermit
from services.permits.domain.permits.second_person import proposal_digest
from services.permits.store import change_sets, facts, permits
from services.permits.store.tables import commands
from services.permits.store.to_row import history_row
from shared import idempotency
from shared.cites.time_zones import day_in_last_zone
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor, Party
from shared.contracts.permit import Permit
from shared.contracts.views.parts import as_stored, render_json
from shared.database import RETRYABLE_STATES, new_id, retry_transaction
from shared.idempotency import CREATED, IdempotentCommand, StoredResponse
from shared.problems import ProblemError
from shared.sealed_secrets import SecretSealer, open_response, seal_response
from shared.secret_tokens import generate_secret, secret_digest

RETRYABLE_SQLSTATES = RETRYABLE_STATES | {"23505"}
"""A permit number that a concurrent batch takes breaks a key (23505) for the whole batch; the retry finds it."""


@dataclass(frozen=True)
class IssueRequest:
    """One permit to issue: its command, and its content, or the error if the body is not a valid permit."""

    command: IdempotentCommand
    content: Permit | ProblemError


Results = dict[UUID, StoredResponse | ProblemError]


async def issue_permits(
    engine: AsyncEngine,
    party: Party,
    requests: Sequence[IssueRequest],
    *,
    sealer: SecretSealer,
    person: str = UNKNOWN_PERSON,
) -> list[StoredResponse | ProblemError]:
    """Issue permits. Return a response or an error for each, in the same order."""
    results: Results = {a.command.id: a.content for a in requests if isinstance(a.content, ProblemError)}
    first_by_id: dict[UUID, tuple[IdempotentCommand, Permit]] = {}
    for request in requests:
        if isinstance(request.content, Permit):
            first_by_id.setdefault(request.command.id, (request.command, request.content))

    async def transaction() -> Results:
        async with engine.begin() as conn:
            return await _issue(conn, party, person, first_by_id, sealer=sealer)

    if first_by_id:
        results = {**results, **await retry_transaction(transaction, sqlstates=RETRYABLE_SQLSTATES)}
    return [_result(request, results, first_by_id) for request in requests]


def _result(
    request: IssueRequest, results: Results, first_by_id: dict[UUID, tuple[IdempotentCommand, Permit]]
) -> StoredResponse | ProblemError:
    """Return the result of one request. A key that occurs twice in a batch belongs to its first request."""
    if isinstance(request.content, ProblemError):
        return request.content
    first_command = first_by_id[request.command.id][0]
    if first_command.fingerprint != request.command.fingerprint:
        return idempotency.key_reused()
    result = results[request.command.id]
    return (
        result
        if first_command is request.command or isinstance(result, ProblemError)
        else replace(result, replayed=True)
    )


async def _issue(
    conn: AsyncConnection,
    party: Party,
    person: str,
    first_by_id: dict[UUID, tuple[IdempotentCommand, Permit]],
    *,
    sealer: SecretSealer,
) -> Results:
    begun = await idempotency.begin_many(conn, commands, [command for command, _ in first_by_id.values()])
    results = {command_id: _open(sealer, first_by_id[command_id][0], stored) for command_id, stored in begun.items()}
    new_requests = {command_id: one for command_id, one in first_by_id.items() if command_id not in results}
    numbers = await read_numbers(conn, party, {permit_key(content) for _, content in new_requests.values()})
    refusals = await _list_refusals(conn, party, new_requests, numbers)
    listing_facts = await facts.load_listing_facts(
        conn, [content for command_id, (_, content) in new_requests.items() if command_id not in refusals]
    )
    issued: dict[UUID, tuple[ChangeSet, str]] = {}
    for command_id, (command, content) in new_requests.items():
        if command_id in refusals:
            continue
        token = generate_secret()
        try:
            actor = Actor(party=party.id, role=ActorRole.AUTHORITY, at=command.at)
            changes = issue.issue(
                NewPermit(id=new_id(command.at), token_digest=secret_digest(token), facts=listing_facts),
                content,
                party,
                actor,
            )
        except ProblemError as error:
            refusals[command_id] = error
        else:
            issued[command_id] = changes, token
    over_quota = await quota_check.list_over_quota(conn, [changes.permits[0].permit for changes, _ in issued.values()])
    refusals |= {
        command_id: over_quota[p]
        for command_id, (one, _) in issued.items()
        if (p := one.permits[0].permit.id) in over_quota
    }
    digests = {
        command_id: proposal_digest(one.permits[0].permit.content)
        for command_id, (one, _) in issued.items()
        if command_id not in refusals
    }
    refusals |= await second_person.propose(
        conn, party, person, digests, at=max(command.at for command, _ in first_by_id.values())
    )
    responses = {
        command_id: _stored_response(one.permits[0], first_by_id[command_id][0], token)
        for command_id, (one, token) in issued.items()
        if command_id not in refusals
    }
    await idempotency.withdraw(conn, refusals.keys())
    issued_keys = {permit_key(first_by_id[command_id][1]) for command_id in responses}
    await permits.give_up_numbers(conn, (permit for key, permit in numbers.void.items() if key in issued_keys))
    await change_sets.save_change_set(
        conn, _merge_change_sets(sorted((issued[command_id][0] for command_id in responses), key=_sort_key))
    )
    sealed = {
        command_id: seal_response(sealer, first_by_id[command_id][0], response)
        for command_id, response in responses.items()
    }
    await idempotency.store_responses(conn, commands, sealed)
    return {**results, **refusals, **responses}


def _open(
    sealer: SecretSealer, command: IdempotentCommand, stored: StoredResponse | ProblemError
) -> StoredResponse | ProblemError:
    """Return a stored response as it was first sent, or the problem of a command that was done before."""
    if isinstance(stored, ProblemError):
        return stored
    try:
        return open_response(sealer, command, stored, advice=REPLACE_PERMIT)
    except ProblemError as error:
        return error


async def _list_refusals(
    conn: AsyncConnection,
    party: Party,
    new_requests: dict[UUID, tuple[IdempotentCommand, Permit]],
    numbers: ReadNumbers,
) -> dict[UUID, ProblemError]:
    """Return errors for permits of other issuers, and for numbers that are used, also earlier in this batch."""
    used_keys = set(numbers.in_the_way)
    refusals: dict[UUID, ProblemError] = {}
    for command_id, (_, content) in new_requests.items():
        try:
            await require_issuing_authority(conn, party, content)
        except ProblemError as error:
            refusals[command_id] = error
            continue
        key = permit_key(content)
        if key in used_keys:
            refusals[command_id] = number_taken_error(party, content, numbers.in_the_way.get(key))
        used_keys.add(key)
    return refusals


def _stored_response(change: PermitChange, command: IdempotentCommand, token: str) -> StoredResponse:
    """Return the response that a read of the permit would give, without a query, with its token and its notes."""
    permit = replace(change.permit, sequence=1, content=as_stored(change.permit.content))
    history = [history_row("permit_id", permit.id, change.events[0])]
    day = day_in_last_zone(permit.content.issuer, command.at)
    issued = IssuedPermits(own=IssuedPermit(token=token, notes=change.notes))
    view = permit_view(permit, day, history, issued=issued)
    return StoredResponse(
        status=CREATED, body=render_json(view), location=f"/v1/permits/{permit.id}", version=permit.version
    )


def _sort_key(changes: ChangeSet) -> tuple[str, str]:
    """Return the sort key of the rows: with one order, concurrent batches with the same numbers do not deadlock."""
    return changes.permits[0].permit.key


def _merge_change_sets(all_changes: Iterable[ChangeSet]) -> ChangeSet:
    """Return one change set with the changes of all."""
    merged = tuple(all_changes)
    return ChangeSet(
        permits=tuple(chain.from_iterable(one.permits for one in merged)),
        postings=tuple(chain.from_iterable(one.postings for one in merged)),
    )
