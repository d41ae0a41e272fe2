"""One PostgreSQL server per run, one migrated template per service, and one clone per test that needs one."""

import asyncio
import inspect
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from pytest_timeout import Settings
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import SERVICES, EmbeddedPostgres, Server, create_databases, migrate, restrict_connections
from services.cli.server_account import temporary_home
from services.permits.actions.reference.initial_listing import load_if_none
from services.permits.actions.reference.load_list import LIST_KINDS, LoadOrder, load
from services.permits.domain.reference.kept_facts import FileAge, FileAuthority
from shared.database import create_engine
from tests.days import pause_before_midnight
from tests.event_catalogue_check import outbox_event_faults
from tests.generated_clients.environment import ToolEnvironment, ToolsUnavailable, install_tools
from tests.waiting import end_in_time

_numbers = itertools.count(1)


def pytest_itemcollected(item: pytest.Item) -> None:
    """End each test of the event loop a little before pytest-timeout does.

    The alarm of pytest-timeout raises in the code that runs then. When that is a server in the same loop, the server
    keeps the error to itself and the test goes on without an end.
    """
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        item.obj = end_in_time(item.obj, seconds=0.8 * _seconds_allowed(item))


def _seconds_allowed(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0] if marker else item.config.getoption("timeout") or item.config.getini("timeout"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Wait for the next day when little of this one is left: a test compares days, and must not see two."""
    time.sleep(pause_before_midnight(datetime.now(UTC)))
    with _alarm(item):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """End a teardown in time, too."""
    with _alarm(item):
        yield


@contextmanager
def _alarm(item: pytest.Item) -> Iterator[None]:
    """Set pytest-timeout's alarm for one phase of a test.

    One alarm for all phases may raise while pytest writes its report. That is an internal error and ends the worker.
    """
    settings = Settings(_seconds_allowed(item), "signal", func_only=False, disable_debugger_detection=False)
    item.ihook.pytest_timeout_set_timer(item=item, settings=settings)
    try:
        yield
    finally:
        item.ihook.pytest_timeout_cancel_timer(item=item)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server of the run: embedded, in a container, or the one that SAOLA_TEST_DATABASE names."""
    where = os.environ.get("SAOLA_TEST_DATABASE", "embedded")
    if where == "containers":
        from tests.containers.postgres import in_container

        with in_container() as running:
            yield running
        return
    if where != "embedded":
        parts = urlsplit(where)
        yield Server(
            parts.hostname or "127.0.0.1", parts.port or 5432, parts.username or "postgres", parts.password or ""
        )
        return
    with temporary_home("saola-test-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        yield embedded.start()
        embedded.stop()


@pytest.fixture(scope="session")
def templates(server: Server) -> str:
    """Migrated databases to clone. The value is the prefix of their names."""
    prefix = f"t{os.getpid()}_"
    asyncio.run(create_databases(server, prefix, {f"{s}_{k}": "test" for s in SERVICES for k in ("owner", "runner")}))
    for service in SERVICES:
        migrate(service, server.url(prefix + service, f"{service}_owner", "test"))
    asyncio.run(_with_first_listing(server.url(prefix + "permits", "permits_runner", "test")))
    return prefix


async def _with_first_listing(url: str) -> None:
    """Load the reference data of a first start, and one suspension and one quota that concern no test.

    A list that was never loaded changes the results of checks. The tests of that begin without these rows.
    """
    engine = create_engine(url)
    await load_if_none(engine)
    at = datetime.now(UTC)
    order = LoadOrder(age=FileAge(day=at.date(), authority=FileAuthority.STATED_DAY), at=at, loaded_by=UUID(int=1))
    for which, text in ELSEWHERE.items():
        await load(engine, LIST_KINDS[which], _pieces(text), order)
    await engine.dispose()


async def _pieces(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


ELSEWHERE = {
    "suspensions": "start_date,end_date,taxon_name,iso_code2\n2001-01-01,,Naja naja,AQ\n",
    "quotas": "start_date,end_date,taxon_name,iso_code2,quota\n2001-01-01,2001-12-31,Naja naja,AQ,1\n",
}


Clone = Callable[[str], Awaitable[str]]


@pytest.fixture
async def clone(server: Server, templates: str) -> AsyncIterator[Clone]:
    """A function that clones the database of a service and returns its address for the service's runner."""
    made: list[str] = []

    async def make(service: str) -> str:
        name = f"{templates}{service}_{next(_numbers)}"
        admin = await server.connect_as_superuser()
        try:
            await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{templates}{service}" OWNER {service}_owner')
            await restrict_connections(admin, name, service)
        finally:
            await admin.close()
        made.append(name)
        return server.url(name, f"{service}_runner", "test")

    yield make
    admin = await server.connect_as_superuser()
    for name in made:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.close()


async def _engine(clone: Clone, service: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await clone(service))
    yield engine
    await engine.dispose()


@pytest.fixture
async def gateway_db(clone: Clone) -> AsyncIterator[AsyncEngine]:
    """An empty gateway database for one test, with the role of the service."""
    async for engine in _engine(clone, "gateway"):
        yield engine


@pytest.fixture
async def permits_db(clone: Clone) -> AsyncIterator[AsyncEngine]:
    """An empty permits database for one test, with the role of the service. Its events must match the catalogue."""
    async for engine in _engine(clone, "permits"):
        yield engine
        assert await outbox_event_faults(engine) == []


@pytest.fixture
async def notifications_db(clone: Clone) -> AsyncIterator[AsyncEngine]:
    """An empty notifications database for one test, with the role of the service."""
    async for engine in _engine(clone, "notifications"):
        yield engine


@pytest.fixture(scope="session")
def tools() -> ToolEnvironment:
    """The tools that read our OpenAPI document; without a network the test is skipped, but not in CI."""
    try:
        return install_tools()
    except ToolsUnavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
