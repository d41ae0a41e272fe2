"""The migration of a database, compared with the migration that this code needs."""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Column, MetaData, Table, Text, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import sqlstate

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)
UNRELEASED_REVISION = re.compile(r"\d{4}")
"""The names of migrations before the first release. Since then a name says what the migration does: `0001_initial`."""
NOT_MIGRATED_STATES = frozenset({"42P01", "42501", "3F000"})
"""SQLSTATEs of a database without the hub's tables, or with none that this role may read."""

_ALEMBIC_VERSION = Table("alembic_version", MetaData(), Column("version_num", Text))


@cache
def known_migrations(service: str) -> tuple[str, ...]:
    """Return the migrations of a service that this code includes, oldest first."""
    files = sorted((MIGRATIONS / service / "versions").glob("[0-9]*.py"))
    return tuple(name for file in files for name in REVISION.findall(file.read_text(encoding="utf-8")))


def newest_migration(service: str) -> str:
    """Return the newest migration of a service that this code includes: the one that its database must have."""
    return known_migrations(service)[-1]


def describe_unknown_migration(found: str) -> str:
    """Return what is wrong with a database at a migration that this code does not know, and what to do."""
    if UNRELEASED_REVISION.fullmatch(found):
        return (
            f"The database has migration {found}, from before version 0.1.0, and cannot be upgraded. "
            "Start with an empty home folder (`saola up --home ./other`), or with empty databases."
        )
    return f"The database has migration {found}, which this version does not know. Run the newer version that made it."


async def find_migration_fault(conn: AsyncConnection, service: str) -> str | None:
    """Return why a service cannot use a database at its present migration, and what to do; None if it can."""
    found = await _read_migration(conn)
    needed = newest_migration(service)
    if found == needed:
        return None
    if found is not None and found not in known_migrations(service):
        return describe_unknown_migration(found)
    present = f"has migration {found}" if found else "is not migrated"
    return f"The database {present}; this version needs migration {needed}. Run `saola migrate {service}`."


async def _read_migration(conn: AsyncConnection) -> str | None:
    try:
        return (await conn.execute(select(_ALEMBIC_VERSION.c.version_num))).scalar_one_or_none()
    except DBAPIError as error:
        if sqlstate(error) not in NOT_MIGRATED_STATES:
            raise
        return None
