"""A database with one outbox table."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.databases import Server
from shared.database import create_engine, new_id
from tests.shared.outbox_receiver import MESSAGES


@pytest.fixture
async def db(server: Server, templates: str) -> AsyncIterator[AsyncEngine]:
    """Yield a database with one outbox table."""
    name = f"{templates}messages_{new_id().hex}"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}"')
    engine = create_engine(server.url(name), connections=5)
    async with engine.begin() as conn:
        await conn.run_sync(MESSAGES.metadata.create_all)
    yield engine
    await engine.dispose()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()
