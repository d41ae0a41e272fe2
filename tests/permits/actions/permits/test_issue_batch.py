"""Batches of permits: each permit gets the response that it would get alone, in order."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits.issue import issue
from services.permits.actions.permits.issue_batch import IssueRequest, issue_permits
from shared.contracts.permit import Permit
from shared.database import new_id
from shared.idempotency import IdempotentCommand, StoredResponse
from shared.problems import Conflict, Invalid, ProblemError
from tests.permits.sample_data import AUTHORITY_ZA, SEALER, command, line, permit_content


def batch_entry(permit: Permit, command_id: UUID | None = None) -> IssueRequest:
    """Return the request for one permit of a batch."""
    body = permit.model_dump_json().encode()
    return IssueRequest(IdempotentCommand(command_id or new_id(), sha256(body).digest(), datetime.now(UTC)), permit)


def codes_or_statuses(responses: list[StoredResponse | ProblemError]) -> list[int | str]:
    """Return the status of each response, or the code of its error."""
    return [one.code if isinstance(one, ProblemError) else one.status for one in responses]


async def count_rows(db: AsyncEngine, table: str) -> int:
    """Return the number of rows of a table."""
    async with db.connect() as conn:
        return int((await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_batch_with_invalid_permits_issues_the_others_and_responds_in_order(permits_db: AsyncEngine) -> None:
    taken = permit_content()
    await issue(permits_db, AUTHORITY_ZA, taken, command(), sealer=SEALER)
    good, twice = permit_content(), permit_content()
    foreign = permit_content(issuer="KE", export_country="KE")
    broken = IssueRequest(command(), Invalid("invalid-body", "The body is not as the contract says."))
    batch = [good, taken, foreign, permit_content(line(quantity="0.5")), twice, twice, permit_content()]
    given = [batch_entry(one) for one in batch]
    responses = await issue_permits(permits_db, AUTHORITY_ZA, [*given, broken], sealer=SEALER)
    assert codes_or_statuses(responses) == [
        201, "permit-number-taken", "not-the-issuing-authority", "quantity-not-whole", 201, "permit-number-taken", 201,
        "invalid-body",
    ]  # fmt: skip
    numbers = [json.loads(one.body)["number"] for one in responses if isinstance(one, StoredResponse)]
    assert numbers == [good.number, twice.number, batch[-1].number]
    for table in ("permits", "permit_history", "outbox_events", "ledger", "commands"):
        assert await count_rows(permits_db, table) == 4, table


async def test_batch_sent_again_gets_the_stored_responses(permits_db: AsyncEngine) -> None:
    batch = [batch_entry(permit_content()) for _ in range(5)]
    first = await issue_permits(permits_db, AUTHORITY_ZA, batch, sealer=SEALER)
    again = await issue_permits(permits_db, AUTHORITY_ZA, [*batch, batch[0]], sealer=SEALER)
    assert [one.body for one in first if isinstance(one, StoredResponse)] == [
        one.body for one in again[:5] if isinstance(one, StoredResponse)
    ]
    assert all(isinstance(one, StoredResponse) and one.replayed for one in again)
    changed = batch_entry(permit_content(), batch[0].command.id)
    assert codes_or_statuses(await issue_permits(permits_db, AUTHORITY_ZA, [changed], sealer=SEALER)) == [
        "idempotency-key-reused"
    ]
    assert await count_rows(permits_db, "permits") == 5


async def test_key_repeated_in_a_batch_belongs_to_its_first_request(permits_db: AsyncEngine) -> None:
    one, command_id = permit_content(), new_id()
    responses = await issue_permits(
        permits_db,
        AUTHORITY_ZA,
        [batch_entry(one, command_id), batch_entry(one, command_id), batch_entry(permit_content(), command_id)],
        sealer=SEALER,
    )
    assert codes_or_statuses(responses) == [201, 201, "idempotency-key-reused"]
    assert await count_rows(permits_db, "permits") == 1


async def test_concurrent_batches_with_the_same_numbers_issue_each_permit_once(permits_db: AsyncEngine) -> None:
    permits = [permit_content() for _ in range(20)]
    batches = [[batch_entry(one) for one in (permits if n % 2 else permits[::-1])] for n in range(6)]
    responses = await asyncio.gather(
        *(issue_permits(permits_db, AUTHORITY_ZA, batch, sealer=SEALER) for batch in batches)
    )
    assert Counter(code for one in responses for code in codes_or_statuses(one)) == {
        201: 20,
        "permit-number-taken": 100,
    }
    assert await count_rows(permits_db, "permits") == await count_rows(permits_db, "commands") == 20


async def test_batch_response_has_the_fields_of_a_single_response(permits_db: AsyncEngine) -> None:
    alone = json.loads((await issue(permits_db, AUTHORITY_ZA, permit_content(), command(), sealer=SEALER)).body)
    [response] = await issue_permits(permits_db, AUTHORITY_ZA, [batch_entry(permit_content())], sealer=SEALER)
    assert isinstance(response, StoredResponse)
    together = json.loads(response.body)
    assert together.keys() == alone.keys()
    assert together["history"][0].keys() == alone["history"][0].keys()
    assert (together["status"], together["version"]) == (alone["status"], alone["version"])


async def test_batch_of_any_size_takes_the_same_number_of_statements(permits_db: AsyncEngine) -> None:
    statements: list[str] = []

    @event.listens_for(permits_db.sync_engine, "before_cursor_execute")
    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    seen = []
    for size in (2, 100):
        statements.clear()
        await issue_permits(
            permits_db, AUTHORITY_ZA, [batch_entry(permit_content()) for _ in range(size)], sealer=SEALER
        )
        seen.append(len(statements))
    assert seen[0] == seen[1] < 15


async def test_permit_with_a_number_written_otherwise_is_refused(permits_db: AsyncEngine) -> None:
    first = permit_content(number="ZA/2026/00088")
    again = [permit_content(number=number) for number in ("za-2026-00088", "ZA 2026  00088", "ＺＡ-2026-00088")]
    await issue(permits_db, AUTHORITY_ZA, first, command(), sealer=SEALER)
    responses = await issue_permits(permits_db, AUTHORITY_ZA, [batch_entry(permit) for permit in again], sealer=SEALER)
    assert codes_or_statuses(responses) == ["permit-number-taken"] * 3
    for permit in again:
        with pytest.raises(Conflict, match="permit-number-taken"):
            await issue(permits_db, AUTHORITY_ZA, permit, command(), sealer=SEALER)
    twice = [permit_content(number="ZA-2026-00089"), permit_content(number="ZA-2026/00089")]
    responses = await issue_permits(permits_db, AUTHORITY_ZA, [batch_entry(permit) for permit in twice], sealer=SEALER)
    assert codes_or_statuses(responses) == [201, "permit-number-taken"]
    assert await count_rows(permits_db, "permits") == 2
