"""Permit tokens: the response shows one, a repeated command shows it again, and no table contains it in clear."""

import json
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.actions.permits import issue, issue_batch, withdraw
from services.permits.store.tables import commands, metadata
from shared import idempotency
from shared.contracts.application import GrantDecision
from shared.database import new_id
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, ProblemError
from shared.sealed_secrets import SecretSealer
from tests.permits.actions.permits.test_issue_batch import batch_entry
from tests.permits.sample_applications import officer, submit_application
from tests.permits.sample_data import AUTHORITY_ZA, SEALER, command, issue_permit, make_sealer, permit_content

Command = Callable[[SecretSealer], Awaitable[StoredResponse]]
CONTENT = permit_content()


async def _issue(db: AsyncEngine, command_id: UUID) -> Command:
    return lambda sealer: issue.issue(db, AUTHORITY_ZA, CONTENT, command(command_id), sealer=sealer)


async def _issue_batch(db: AsyncEngine, command_id: UUID) -> Command:
    async def run(sealer: SecretSealer) -> StoredResponse:
        requests = [batch_entry(CONTENT, command_id)]
        results: list[StoredResponse | ProblemError] = await issue_batch.issue_permits(
            db, AUTHORITY_ZA, requests, sealer=sealer
        )
        if isinstance(results[0], ProblemError):
            raise results[0]
        return results[0]

    return run


async def _replace(db: AsyncEngine, command_id: UUID) -> Command:
    old = await issue_permit(db, permit_content())
    return lambda sealer: withdraw.replace(db, old, AUTHORITY_ZA, CONTENT, command(command_id), sealer=sealer)


async def _grant(db: AsyncEngine, command_id: UUID) -> Command:
    application_id = await submit_application(db)
    return lambda sealer: applications.grant(
        db, application_id, officer(), GrantDecision(), command(command_id), sealer=sealer
    )


def _token(response: StoredResponse) -> str:
    """Return the token that a response shows: the permit's own, or that of a permit that it links to."""
    view = json.loads(response.body)
    holder = view if view.get("token") else view.get("replaced_by") or view["permit"]
    assert len(holder["token"]) == 43
    return str(holder["token"])


async def _all_rows(db: AsyncEngine) -> str:
    async with db.connect() as conn:
        tables = [(await conn.execute(text(f"SELECT t::text FROM {name} t"))).scalars() for name in metadata.tables]
    return "\n".join(row for rows in tables for row in rows)


@pytest.mark.parametrize("prepare", [_issue, _issue_batch, _replace, _grant])
async def test_permit_token_is_shown_again_and_stored_only_sealed(
    permits_db: AsyncEngine, prepare: Callable[[AsyncEngine, UUID], Awaitable[Command]]
) -> None:
    command_id = new_id()
    run = await prepare(permits_db, command_id)
    first = await run(SEALER)
    rows = await _all_rows(permits_db)
    assert _token(first) not in rows
    assert str(command_id) in rows
    assert "sealed:" in rows
    again = await run(SEALER)
    assert again.replayed and again.body == first.body
    with pytest.raises(Conflict, match="secret-not-kept") as refused:
        await run(make_sealer())
    assert "issue a replacement of the permit" in refused.value.detail


async def test_response_of_an_earlier_version_is_returned_as_stored(permits_db: AsyncEngine) -> None:
    earlier: IdempotentCommand = command(new_id())
    async with permits_db.begin() as conn:
        await idempotency.begin(conn, commands, earlier)
        await idempotency.store_response(conn, commands, earlier, StoredResponse(201, '{"token": "clear"}'))
    again = await issue.issue(permits_db, AUTHORITY_ZA, CONTENT, earlier, sealer=SEALER)
    assert again.replayed and again.body == '{"token": "clear"}'
