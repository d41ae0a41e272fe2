"""Readiness of each service: its database responds and has the newest migration of the code."""

import asyncio

import pytest
from sqlalchemy import make_url

from services.cli.databases import SERVICES, Server
from services.cli.ports import free_ports
from shared.database import create_engine
from shared.migration_state import newest_migration
from shared.readiness import find_database_fault, share_check
from tests.conftest import Clone
from tests.small_disk import tables_on_small_disk


@pytest.mark.parametrize("service", SERVICES)
async def test_database_at_newest_migration_has_no_fault(clone: Clone, service: str) -> None:
    engine = create_engine(await clone(service))
    assert await find_database_fault(engine, service) is None
    await engine.dispose()


@pytest.mark.parametrize(
    ("statement", "advice"),
    [
        ("UPDATE alembic_version SET version_num = '0099_later'", "0099_later, which this version does not know"),
        ("DELETE FROM alembic_version", "Run `saola migrate "),
        ("DROP TABLE alembic_version", "Run `saola migrate "),
    ],
)
@pytest.mark.parametrize("service", SERVICES)
async def test_database_at_another_migration_is_a_fault_with_advice(
    clone: Clone, server: Server, service: str, statement: str, advice: str
) -> None:
    url = await clone(service)
    admin = await server.connect_as_superuser(str(make_url(url).database))
    await admin.execute(statement)
    await admin.close()
    engine = create_engine(url)
    fault = await find_database_fault(engine, service)
    assert fault is not None
    assert advice in fault
    assert ("saola migrate" not in advice) or f"this version needs migration {newest_migration(service)}" in fault
    await engine.dispose()


async def test_database_that_does_not_respond_is_a_fault() -> None:
    engine = create_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{free_ports(1)[0]}/nothing")
    assert (await find_database_fault(engine, "permits") or "").startswith("The permits database does not respond.")
    await engine.dispose()


async def test_readiness_that_many_ask_for_at_once_is_checked_once() -> None:
    checks, may_end = 0, asyncio.Event()

    async def check() -> str | None:
        nonlocal checks
        checks += 1
        await may_end.wait()
        return f"check {checks}"

    shared = share_check(check)
    asked = [asyncio.create_task(shared()) for _ in range(100)]
    await asyncio.sleep(0)
    asked[0].cancel()  # its client has gone; the others still get the result
    may_end.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert set(results[1:]) == {"check 1"}
    assert await shared() == "check 2", "a later request is checked again"


@pytest.mark.parametrize("service", SERVICES)
async def test_full_disk_of_database_is_a_fault_until_it_has_space(clone: Clone, server: Server, service: str) -> None:
    url = await clone(service)
    async with tables_on_small_disk(server, str(make_url(url).database), service) as disk:
        engine = create_engine(url)
        try:
            assert await find_database_fault(engine, service) is None
            disk.fill()
            assert f"The disk of the {service} database is full." in str(await find_database_fault(engine, service))
            disk.free()
            assert await find_database_fault(engine, service) is None
        finally:
            await engine.dispose()
