"""A batch of permits: each answered as if it had come alone, in order; a bad one harms no other."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.permits.issue import issue
from services.permits.actions.permits.issue_batch import Asked, issue_all
from services.permits.store.commands import Command, Kept
from shared.contracts.permit import Permit
from shared.database import new_id
from shared.problems import Invalid, Refusal
from tests.permits.sample_data import AUTHORITY_ZA, command, line, terms


def asked(permit: Permit, id: UUID | None = None) -> Asked:
    body = permit.model_dump_json().encode()
    return Asked(Command(id or new_id(), sha256(body).digest(), datetime.now(UTC)), permit)


def said(answers: list[Kept | Refusal]) -> list[int | str]:
    return [one.code if isinstance(one, Refusal) else one.status for one in answers]


async def count(db: AsyncEngine, table: str) -> int:
    async with db.connect() as conn:
        return int((await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_bad_one_harms_no_other_and_each_is_answered_in_order(permits_db: AsyncEngine) -> None:
    taken = terms()
    await issue(permits_db, AUTHORITY_ZA, taken, command())
    good, twice = terms(), terms()
    foreign = terms(issuer="KE", export_country="KE")
    broken = Asked(command(), Invalid("invalid-body", "The body is not as the contract says."))
    batch = [good, taken, foreign, terms(line(unit="m3")), twice, twice, terms()]
    given = [asked(one) for one in batch]
    answers = await issue_all(permits_db, AUTHORITY_ZA, [*given, broken])
    assert said(answers) == [
        201, "permit-number-taken", "not-the-issuing-authority", "unit-not-of-term", 201, "permit-number-taken", 201,
        "invalid-body",
    ]  # fmt: skip
    numbers = [json.loads(one.answer)["number"] for one in answers if isinstance(one, Kept)]
    assert numbers == [good.number, twice.number, batch[-1].number]
    for table in ("permits", "permit_history", "news", "ledger", "commands"):
        assert await count(permits_db, table) == 4, table


async def test_the_same_batch_again_is_answered_the_same(permits_db: AsyncEngine) -> None:
    batch = [asked(terms()) for _ in range(5)]
    first = await issue_all(permits_db, AUTHORITY_ZA, batch)
    again = await issue_all(permits_db, AUTHORITY_ZA, [*batch, batch[0]])
    assert [one.answer for one in first if isinstance(one, Kept)] == [
        one.answer for one in again[:5] if isinstance(one, Kept)
    ]
    assert all(isinstance(one, Kept) and one.replayed for one in again)
    changed = asked(terms(), batch[0].command.id)
    assert said(await issue_all(permits_db, AUTHORITY_ZA, [changed])) == ["idempotency-key-reused"]
    assert await count(permits_db, "permits") == 5


async def test_a_key_twice_in_a_batch_is_the_first_ones(permits_db: AsyncEngine) -> None:
    one, id = terms(), new_id()
    answers = await issue_all(permits_db, AUTHORITY_ZA, [asked(one, id), asked(one, id), asked(terms(), id)])
    assert said(answers) == [201, 201, "idempotency-key-reused"]
    assert await count(permits_db, "permits") == 1


async def test_rival_batches_over_the_same_numbers_issue_each_once(permits_db: AsyncEngine) -> None:
    permits = [terms() for _ in range(20)]
    batches = [[asked(one) for one in (permits if n % 2 else permits[::-1])] for n in range(6)]
    answers = await asyncio.gather(*(issue_all(permits_db, AUTHORITY_ZA, batch) for batch in batches))
    assert Counter(code for one in answers for code in said(one)) == {201: 20, "permit-number-taken": 100}
    assert await count(permits_db, "permits") == await count(permits_db, "commands") == 20


async def test_what_a_batch_answers_is_what_reading_answers(permits_db: AsyncEngine) -> None:
    alone = json.loads((await issue(permits_db, AUTHORITY_ZA, terms(), command())).answer)
    [kept] = await issue_all(permits_db, AUTHORITY_ZA, [asked(terms())])
    assert isinstance(kept, Kept)
    together = json.loads(kept.answer)
    assert together.keys() == alone.keys()
    assert together["history"][0].keys() == alone["history"][0].keys()
    assert (together["status"], together["version"]) == (alone["status"], alone["version"])


async def test_a_batch_takes_as_many_statements_however_large(permits_db: AsyncEngine) -> None:
    said: list[str] = []

    @event.listens_for(permits_db.sync_engine, "before_cursor_execute")
    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    seen = []
    for size in (2, 100):
        said.clear()
        await issue_all(permits_db, AUTHORITY_ZA, [asked(terms()) for _ in range(size)])
        seen.append(len(said))
    assert seen[0] == seen[1] < 14
