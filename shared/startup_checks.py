"""What must be right before a process of the hub starts: its settings, its key files, its database.

Everything is tried and every fault is told, so that an operator need not find them one by one. It is a look at the
start only: a database that goes away later is waited for.
"""

import asyncio
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

from shared.database import GONE, connect, is_away, revision, sqlstate
from shared.settings import BadSettings, given, names, read
from shared.signed_tokens import KeyFile

S = TypeVar("S", bound=BaseSettings)
MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
PATIENCE = 5.0
"""Seconds that a database which is starting itself is waited for."""
OLDEST = 15
"""The oldest PostgreSQL that the suite runs on."""
EX_CONFIG = 78
NOT_MIGRATED = frozenset({"42P01", "42501", "3F000"})
"""SQLSTATEs of a database without our tables, or with none that this role may read."""


def ready_or_exit(model: type[S]) -> S:
    """Read a service's settings and try what they name; or end with status 78 and one line a fault on stderr."""
    faults: list[str] = []
    try:
        settings = read(model)
    except BadSettings as error:
        faults += error.faults
    faults += _keys(model)
    faults += asyncio.run(_database(model))
    if faults:
        sys.stderr.write("This does not start:\n" + "\n".join(faults) + "\n")
        raise SystemExit(EX_CONFIG)
    return settings


def newest(service: str) -> str:
    """Answer the newest migration of a service that this code brings along."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / service / "versions").glob("[0-9]*.py"))


def _value(name: str) -> str | None:
    try:
        return given(name)
    except BadSettings:
        return None  # told already


def _keys(model: type[BaseSettings]) -> Iterable[str]:
    for field, name in names(model).items():
        value = _value(name) if field.endswith("_keys") else None
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


async def _database(model: type[BaseSettings]) -> list[str]:
    service = model.model_config.get("env_prefix", "").strip("_").lower()
    name = names(model)["database_url"]
    url = _value(name)
    return [f"{name}: {fault}." for fault in await database_faults(url, service)] if url else []


async def database_faults(url: str, service: str) -> list[str]:
    """Answer why a service cannot work with the database at that address, in parts of sentences; [] when it can."""
    try:
        engine = connect(url, connections=1)
    except (ArgumentError, ValueError, ImportError):
        return ["this is no address; write postgresql+asyncpg://user:password@host:port/name"]
    ends = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                async with engine.connect() as conn:
                    return await _faults(conn, service)
            except (DBAPIError, PostgresError, OSError, TimeoutError) as error:
                if not _away(error):
                    return [f"the database does not let us in: {_said(error)}"]
                if time.monotonic() > ends:
                    return [f"the database cannot be reached: {_said(error)}"]
            await asyncio.sleep(0.2)
    finally:
        await engine.dispose()


def _away(error: BaseException) -> bool:
    return is_away(error) or sqlstate(error) in GONE


def _said(error: BaseException) -> str:
    said = str(getattr(error, "orig", error)) or "no answer in time"
    return said.splitlines()[0].rstrip(".")


async def _faults(conn: AsyncConnection, service: str) -> list[str]:
    asked = "SELECT current_user, current_setting('server_version_num')::int / 10000, rolsuper"
    who, version, is_superuser = (await conn.execute(text(f"{asked} FROM pg_roles WHERE rolname = current_user"))).one()
    wanted = f"{service}_runner"
    faults = []
    if version < OLDEST:
        faults.append(f"the server is PostgreSQL {version}; it must be {OLDEST} or newer")
    if who != wanted or is_superuser:
        kind = "a superuser" if is_superuser else "another role"
        faults.append(f"it enters as {who}, {kind}; a service enters as {wanted}, who owns nothing")
    return faults + await _old(conn, service)


async def _old(conn: AsyncConnection, service: str) -> list[str]:
    try:
        at = await revision(conn)
    except DBAPIError as error:
        if sqlstate(error) not in NOT_MIGRATED:
            raise
        at = None
    wanted = newest(service)
    if at == wanted:
        return []
    if at is not None and at > wanted:
        return [f"the database stands at migration {at}, newer than this code, which knows {wanted}; run newer code"]
    return [f"the database stands at migration {at or 'none'}, this code needs {wanted}; run `saola migrate` first"]
