"""The checks before a process of the hub starts: its settings, its key files, its database.

All checks run and all faults are reported, so that an operator sees them at once. They run at the start only: if the
database goes away later, the process waits for it.
"""

import asyncio
import errno
import socket
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
from shared.limits import Limit, LimitSubject
from shared.logs import logger
from shared.migration_state import find_migration_fault
from shared.settings import InvalidSettings, find_variable, quote, read_settings, service_name, variable_names

S = TypeVar("S", bound=BaseSettings)
MAX_DATABASE_WAIT_SECONDS = Limit(
    5,
    "seconds",
    subject=LimitSubject.SERVICES,
    meaning="Time for a database to start before the process",
    beyond="The process does not start.",
)
"""Seconds to wait for a database that is starting."""
MIN_POSTGRESQL_VERSION = 15
"""The oldest PostgreSQL that the suite runs on."""
EX_CONFIG = 78
PRIVATE_KEY_FIELDS = frozenset({"signing_keys", "token_keys", "secret_keys"})
EXPECTED_KEYS = "Expected: a readable file with a JSON Web Key Set, as `saola keys FOLDER` makes it."
EXPECTED_PRIVATE_KEYS = "Expected: the key set with the private keys, as `saola keys FOLDER` makes it."
CHECK_ROLE = "Check the user, the password and the database name in the address. `saola prepare` makes all three."
CHECK_SERVER = "Check the host and the port in the address, and that PostgreSQL runs."


def load_settings_or_exit(model: type[S]) -> S:
    """Return a service's settings after all checks. On a fault, log one line for each and exit with status 78."""
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


def require_free_port(service: str, host: str, port: int) -> None:
    """Exit with status 78 if another program listens on a server's port. Every other fault is left to the server."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return
    for family, kind, protocol, _, address in addresses:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    continue
                name = f"{service.upper()}_PORT"
                reason = f"{name} is {port}, and another program uses this port on {host}."
                logger().critical("startup.refused", reason=f"{reason} Stop that program, or set another {name}.")
                raise SystemExit(EX_CONFIG) from None


def _variable_or_none(name: str) -> str | None:
    try:
        return find_variable(name)
    except InvalidSettings:
        return None  # `read_settings` reports it


def _key_file_faults(model: type[BaseSettings]) -> Iterable[str]:
    for field, name in variable_names(model).items():
        value = _variable_or_none(name) if field.endswith("_keys") else None
        if value is None:
            continue
        if fault := _key_fault(Path(value), private=field in PRIVATE_KEY_FIELDS):
            yield f"{name} is {quote(value)}. {fault}"


def _key_fault(file: Path, *, private: bool) -> str | None:
    try:
        keys = KeyFile(file).keys.keys
    except OSError as error:
        return f"The file cannot be read: {error.strerror}. {EXPECTED_KEYS}"
    except (ValueError, KeyError, TypeError, AttributeError, JoseError):
        return f"The file is not a JSON Web Key Set with a key. {EXPECTED_KEYS}"
    if private and not keys[0].is_private:
        return f"The file contains only public keys. {EXPECTED_PRIVATE_KEYS}"
    return None


async def _database_setting_faults(model: type[BaseSettings]) -> list[str]:
    name = variable_names(model)["database_url"]
    url = _variable_or_none(name)
    return [] if url is None else [f"{name}: {fault}" for fault in await database_faults(url, service_name(model))]


async def database_faults(url: str, service: str) -> list[str]:
    """Return why a service cannot use the database at an address, and what to do; [] if it can."""
    try:
        engine = create_engine(url, connections=1)
    except (ArgumentError, ValueError, ImportError):
        return [
            "The value is not the address of a database; it is not shown, because it may contain a password. "
            f"Expected: postgresql+asyncpg://{service}_runner:password@host:port/name"
        ]
    deadline = time.monotonic() + MAX_DATABASE_WAIT_SECONDS
    try:
        while True:
            try:
                async with engine.connect() as conn:
                    return await _server_faults(conn, service)
            except DATABASE_ERRORS as error:
                if not _is_unavailable(error):
                    return [f"The server refuses the connection: {_first_line(error)}. {CHECK_ROLE}"]
                if time.monotonic() > deadline:
                    return [f"The server cannot be reached: {_first_line(error)}. {CHECK_SERVER}"]
            await asyncio.sleep(0.2)
    finally:
        await engine.dispose()


def _is_unavailable(error: BaseException) -> bool:
    return is_unavailable(error) or sqlstate(error) in UNAVAILABLE_STATES


def _first_line(error: BaseException) -> str:
    message = str(getattr(error, "orig", error)) or "no response in time"
    return message.splitlines()[0].rstrip(".")


# Raw: it reads PostgreSQL's own catalogue, for which the code has no tables.
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
        faults.append(f"The server is PostgreSQL {row.version}. Expected: version {MIN_POSTGRESQL_VERSION} or newer.")
    if row.role != wanted or row.is_superuser:
        found = f"the superuser {row.role}" if row.is_superuser else row.role
        faults.append(f"The user is {found}. Expected: {wanted}, which owns no table and reads only this database.")
    migration_fault = await find_migration_fault(conn, service)
    return faults if migration_fault is None else [*faults, migration_fault]
