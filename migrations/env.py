"""Run the migrations of one service, as the owner of its database: `-n gateway | permits | notifications`.

No pool: a connection kept open would hinder PostgreSQL from cloning the database as a template. Locks and statements
have limits, so that a migration that would block the counter gives up instead.
"""

import asyncio
import os
from importlib import import_module

from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.migration_state import describe_unknown_migration

service = context.config.config_ini_section
metadata: MetaData = import_module(f"services.{service}.store.tables").metadata


def _url() -> str:
    url = context.config.attributes.get("url") or os.environ.get(f"{service.upper()}_OWNER_URL")
    if not url:
        raise SystemExit(f"Set {service.upper()}_OWNER_URL to the address of the {service} database, as its owner.")
    return str(url)


def _require_known_revision(conn: Connection) -> None:
    """Raise SystemExit if the database has a migration that this version does not know."""
    found = MigrationContext.configure(conn).get_current_revision()
    conn.rollback()
    if found is not None and found not in {known.revision for known in context.script.walk_revisions()}:
        raise SystemExit(f"{service}: {describe_unknown_migration(found)}")


def _migrate(conn: Connection) -> None:
    _require_known_revision(conn)
    conn.execute(text("SET lock_timeout = '5s'"))
    conn.execute(text("SET statement_timeout = '300s'"))
    conn.commit()
    context.configure(connection=conn, target_metadata=metadata, compare_type=True, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


async def _run() -> None:
    engine = create_async_engine(_url(), poolclass=NullPool)
    async with engine.connect() as conn:
        await conn.run_sync(_migrate)
    await engine.dispose()


asyncio.run(_run())
