"""Idempotent commands of each service: one id has one effect and one response, for the promised retention."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module
from uuid import UUID

import pytest
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import SERVICES
from shared import idempotency
from shared.database import create_engine, new_id, now
from shared.idempotency import IdempotentCommand, StoredResponse, fingerprint
from shared.problems import Invalid, ProblemError
from tests.conftest import Clone

RETENTION_DAYS = {"gateway": 7, "permits": 8, "notifications": 8}
RESPONSE = StoredResponse(status=201, body='{"id":"1"}', location="/v1/things/1", version=1)


@dataclass(frozen=True)
class Database:
    """The database of one service."""

    service: str
    engine: AsyncEngine
    table: Table

    async def run(self, command: IdempotentCommand, response: StoredResponse = RESPONSE) -> StoredResponse:
        """Run a command whose only effect is its response."""
        async with self.engine.begin() as conn:
            stored = await idempotency.begin(conn, self.table, command)
            if stored is not None:
                return stored
            await idempotency.store_response(conn, self.table, command, response)
            return response

    async def list_ids(self) -> set[UUID]:
        async with self.engine.connect() as conn:
            return set((await conn.execute(select(self.table.c.id))).scalars())


@pytest.fixture(params=SERVICES)
async def database(request: pytest.FixtureRequest, clone: Clone) -> AsyncIterator[Database]:
    service: str = request.param
    engine = create_engine(await clone(service))
    yield Database(service, engine, import_module(f"services.{service}.store.tables").commands)
    await engine.dispose()


def new_command(content: bytes = b"x") -> IdempotentCommand:
    at = now()
    return IdempotentCommand(id=new_id(at), fingerprint=fingerprint(b"POST /v1/things", content), at=at)


async def test_command_that_is_repeated_gets_stored_response(database: Database) -> None:
    command = new_command()
    assert await database.run(command) == RESPONSE
    other = replace(RESPONSE, body="{}", version=None, location=None, status=200)
    assert await database.run(command, other) == replace(RESPONSE, replayed=True)


async def test_command_with_other_content_is_refused(database: Database) -> None:
    command = new_command()
    await database.run(command)
    with pytest.raises(Invalid) as refusal:
        await database.run(replace(command, fingerprint=new_command(b"y").fingerprint))
    assert refusal.value.code == "idempotency-key-reused"


async def test_command_that_failed_can_be_repeated(database: Database) -> None:
    command = new_command()
    with pytest.raises(RuntimeError):
        async with database.engine.begin() as conn:
            assert await idempotency.begin(conn, database.table, command) is None
            raise RuntimeError("the effect fails")
    assert not (await database.run(command)).replayed


async def test_command_sent_eight_times_in_parallel_has_one_effect(database: Database) -> None:
    command = new_command()
    responses = await asyncio.gather(
        *(database.run(command, replace(RESPONSE, body=str(number))) for number in range(8))
    )
    assert sorted(response.replayed for response in responses) == [False] + [True] * 7
    assert len({response.body for response in responses}) == 1


async def test_commands_of_batch_are_begun_replayed_or_refused_separately(database: Database) -> None:
    done, reused, new = new_command(), new_command(), new_command()
    for command in (done, reused):
        await database.run(command)
    reused = replace(reused, fingerprint=b"other")
    async with database.engine.begin() as conn:
        found = await idempotency.begin_many(conn, database.table, [new, reused, done])
        await idempotency.store_responses(conn, database.table, {new.id: RESPONSE})
    assert found[done.id] == replace(RESPONSE, replayed=True)
    assert isinstance(found[reused.id], ProblemError)
    assert new.id not in found
    assert (await database.run(new)).replayed


async def test_commands_after_their_retention_are_deleted_and_others_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "BATCH_SIZE", 2)
    retention = timedelta(days=RETENTION_DAYS[database.service])
    minute = timedelta(minutes=1)
    young = [replace(new_command(), at=now() - age) for age in (timedelta(0), retention - minute)]
    old = [replace(new_command(), at=now() - retention - minute * number) for number in range(1, 6)]
    for command in (*young, *old):
        await database.run(command)
    await idempotency.delete_expired_commands(database.engine, now())
    assert await database.list_ids() == {command.id for command in young}


async def test_command_without_a_key_is_not_stored(database: Database) -> None:
    assert await database.run(replace(new_command(), has_key=False)) == RESPONSE
    assert await database.list_ids() == set()
