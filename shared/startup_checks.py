"""What must be right before a process of the hub starts: its settings, its key files, its database.

Everything is tried and every fault is told, so that an operator need not find them one by one. It is a look at the
start only: a database that goes away later is waited for.
"""

import asyncio
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from asyncpg import PostgresError
from joserfc.errors import JoseError
from pydantic_settings import BaseSettings
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import UNAVAILABLE_STATES, create_engine, is_unavailable, read_revision, sqlstate
from shared.key_files import KeyFile
from shared.settings import InvalidSettings, find_variable, read_settings, variable_names

S = TypeVar("S", bound=BaseSettings)
MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
MAX_DATABASE_WAIT_SECONDS = 5.0
"""Seconds that a database which is starting itself is waited for."""
MIN_POSTGRESQL_VERSION = 15
"""The oldest PostgreSQL that the suite runs on."""
EX_CONFIG = 78
REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)
UNRELEASED_REVISION = re.compile(r"\d{4}")
"""Names of migrations before the first release; since then a name says what the migration does: `0001_initial`."""
NOT_MIGRATED_STATES = frozenset({"42P01", "42501", "3F000"})
"""SQLSTATEs of a database without our tables, or with none that this role may read."""


def load_settings_or_exit(model: type[S]) -> S:
    """Read a service's settings and try what they name; or end with status 78 and one line a fault on stderr."""
    faults: list[str] = []
    try:
        settings = read_settings(model)
    except InvalidSettings as error:
        faults += error.faults
    faults += _key_file_faults(model)
    faults += asyncio.run(_database_setting_faults(model))
    if faults:
        sys.stderr.write("This does not start:\n" + "\n".join(faults) + "\n")
        raise SystemExit(EX_CONFIG)
    return settings


def known_migrations(service: str) -> list[str]:
    """Return the migrations of a service that this code brings along, oldest first."""
    files = sorted((MIGRATIONS / service / "versions").glob("[0-9]*.py"))
    return [name for file in files for name in REVISION.findall(file.read_text(encoding="utf-8"))]


def newest_migration(service: str) -> str:
    """Return the newest migration of a service that this code brings along."""
    return known_migrations(service)[-1]


def describe_unknown_revision(found: str) -> str:
    """Return what is wrong with a database at a migration that this code does not know, and what to do."""
    if UNRELEASED_REVISION.fullmatch(found):
        return (
            "was made before version 0.1.0 and cannot be upgraded: start on an empty home folder "
            "(`saola up --home ./other`), or on empty databases"
        )
    return f"stands at migration {found}, which this version does not know: run the newer version that made it"


def _variable_or_none(name: str) -> str | None:
    try:
        return find_variable(name)
    except InvalidSettings:
        return None  # told already


def _key_file_faults(model: type[BaseSettings]) -> Iterable[str]:
    for field, name in variable_names(model).items():
        value = _variable_or_none(name) if field.endswith("_keys") else None
        if value and (fault := _key_fault(Path(value), private=field in {"signing_keys", "token_keys", "secret_keys"})):
            yield f"{name} names {value}, {fault}."


def _key_fault(file: Path, *, private: bool) -> str | None:
    try:
        keys = KeyFile(file).keys.keys
    except OSError as error:
        return f"which cannot be read: {error.strerror}; `saola keys` makes key sets"
    except (ValueError, KeyError, TypeError, AttributeError, JoseError):
        return "which holds no JSON Web Key Set"
    if not keys:
        return "which holds no key"
    return "which holds public keys only, and something is to be signed" if private and not keys[0].is_private else None


async def _database_setting_faults(model: type[BaseSettings]) -> list[str]:
    service = model.model_config.get("env_prefix", "").strip("_").lower()
    name = variable_names(model)["database_url"]
    url = _variable_or_none(name)
    return [f"{name}: {fault}." for fault in await database_faults(url, service)] if url else []


async def database_faults(url: str, service: str) -> list[str]:
    """Answer why a service cannot work with the database at that address, in parts of sentences; [] when it can."""
    try:
        engine = create_engine(url, connections=1)
    except (ArgumentError, ValueError, ImportError):
        return ["this is no address; write postgresql+asyncpg://user:password@host:port/name"]
    deadline = time.monotonic() + MAX_DATABASE_WAIT_SECONDS
    try:
        while True:
            try:
                async with engine.connect() as conn:
                    return await _server_faults(conn, service)
            except (DBAPIError, PostgresError, OSError, TimeoutError) as error:
                if not _is_unavailable(error):
                    return [f"the database does not let us in: {_first_line(error)}"]
                if time.monotonic() > deadline:
                    return [f"the database cannot be reached: {_first_line(error)}"]
            await asyncio.sleep(0.2)
    finally:
        await engine.dispose()


def _is_unavailable(error: BaseException) -> bool:
    return is_unavailable(error) or sqlstate(error) in UNAVAILABLE_STATES


def _first_line(error: BaseException) -> str:
    message = str(getattr(error, "orig", error)) or "no answer in time"
    return message.splitlines()[0].rstrip(".")


async def _server_faults(conn: AsyncConnection, service: str) -> list[str]:
    query = "SELECT current_user, current_setting('server_version_num')::int / 10000, rolsuper"
    role, version, is_superuser = (
        await conn.execute(text(f"{query} FROM pg_roles WHERE rolname = current_user"))
    ).one()
    wanted = f"{service}_runner"
    faults = []
    if version < MIN_POSTGRESQL_VERSION:
        faults.append(f"the server is PostgreSQL {version}; it must be {MIN_POSTGRESQL_VERSION} or newer")
    if role != wanted or is_superuser:
        kind = "a superuser" if is_superuser else "another role"
        faults.append(f"it enters as {role}, {kind}; a service enters as {wanted}, who owns nothing")
    return faults + await _migration_faults(conn, service)


async def _migration_faults(conn: AsyncConnection, service: str) -> list[str]:
    try:
        found = await read_revision(conn)
    except DBAPIError as error:
        if sqlstate(error) not in NOT_MIGRATED_STATES:
            raise
        found = None
    wanted = newest_migration(service)
    if found == wanted:
        return []
    if found is not None and found not in known_migrations(service):
        return [f"the database {describe_unknown_revision(found)}"]
    return [f"the database stands at migration {found or 'none'}, this code needs {wanted}; run `saola migrate` first"]
