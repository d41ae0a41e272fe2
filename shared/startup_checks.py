"""What must be right before a process of the hub starts: its settings, its key files, its database.

Everything is tried and every fault is told, so that an operator need not find them one by one. It is a look at the
start only: a database that goes away later is waited for.
"""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from joserfc.errors import JoseError
from pydantic_settings import BaseSettings
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import DATABASE_ERRORS, UNAVAILABLE_STATES, create_engine, is_unavailable, sqlstate
from shared.key_files import KeyFile
from shared.logs import logger
from shared.migration_state import find_migration_fault
from shared.settings import InvalidSettings, find_variable, read_settings, variable_names

S = TypeVar("S", bound=BaseSettings)
MAX_DATABASE_WAIT_SECONDS = 5.0
"""Seconds that a database which is starting itself is waited for."""
MIN_POSTGRESQL_VERSION = 15
"""The oldest PostgreSQL that the suite runs on."""
EX_CONFIG = 78


def load_settings_or_exit(model: type[S]) -> S:
    """Read a service's settings and try what they name; or log one line for each fault and end with status 78."""
    faults: list[str] = []
    try:
        settings = read_settings(model)
    except InvalidSettings as error:
        faults += error.faults
    faults += _key_file_faults(model)
    faults += asyncio.run(_database_setting_faults(model))
    if faults:
        for fault in faults:
            logger().critical("startup.refused", reason=fault)
        raise SystemExit(EX_CONFIG)
    return settings


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
            except DATABASE_ERRORS as error:
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


# Raw: it reads PostgreSQL's own catalogue, for which there are no tables in the code.
_READ_SERVER = text("""
    SELECT current_user AS role, current_setting('server_version_num')::int / 10000 AS version,
           rolsuper AS is_superuser
    FROM pg_roles WHERE rolname = current_user
""")


async def _server_faults(conn: AsyncConnection, service: str) -> list[str]:
    row = (await conn.execute(_READ_SERVER)).one()
    wanted = f"{service}_runner"
    faults = []
    if row.version < MIN_POSTGRESQL_VERSION:
        faults.append(f"the server is PostgreSQL {row.version}; it must be {MIN_POSTGRESQL_VERSION} or newer")
    if row.role != wanted or row.is_superuser:
        kind = "a superuser" if row.is_superuser else "another role"
        faults.append(f"it enters as {row.role}, {kind}; a service enters as {wanted}, who owns nothing")
    migration_fault = await find_migration_fault(conn, service)
    return faults if migration_fault is None else [*faults, migration_fault]
