"""The preparation of a deployment: its databases and roles, its migrations, its key sets."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from services.cli.console import CommandError, err, out
from services.cli.databases import SERVICES, Server, create_database, migrate
from shared.key_files import create_encryption_keys, create_signing_keys
from shared.settings import InvalidSettings, find_variable


def prepare_all(environ: Mapping[str, str] = os.environ) -> None:
    """Create each service's database and roles if they are missing, set the roles' passwords, and migrate.

    `<SERVICE>_SERVER_URL` is the superuser's address. `<SERVICE>_OWNER_URL` and `<SERVICE>_DATABASE_URL` name the
    database and the roles. Raise CommandError.
    """
    for service in SERVICES:
        server = read_database_url(f"{service.upper()}_SERVER_URL", environ)
        owner = read_database_url(f"{service.upper()}_OWNER_URL", environ)
        runner = read_database_url(f"{service.upper()}_DATABASE_URL", environ)
        for url, role in ((owner, f"{service}_owner"), (runner, f"{service}_runner")):
            if (url.username, url.database) != (role, owner.database) or not url.database:
                raise CommandError(
                    f"{service.upper()}_OWNER_URL and {service.upper()}_DATABASE_URL must name one database and the "
                    f"users {service}_owner and {service}_runner. One of them has database {url.database!r} and "
                    f"user {url.username!r}, expected {owner.database!r} and {role!r}."
                )
        with err.status(f"Preparing the {service} database…"):
            passwords = {str(url.username): str(url.password or "") for url in (owner, runner)}
            asyncio.run(create_database(_parse_server(server), service, str(owner.database), passwords))
    migrate_all(SERVICES, environ)


def migrate_all(services: tuple[str, ...], environ: Mapping[str, str] = os.environ) -> None:
    """Migrate databases to their newest migration, as their owners. Raise CommandError."""
    for service in services:
        url = read_database_url(f"{service.upper()}_OWNER_URL", environ)
        with err.status(f"Migrating the {service} database…"):
            migrate(service, url.render_as_string(hide_password=False))
        out.print(f"{service}: the database is up to date")


def make_key_sets(folder: Path) -> None:
    """Create the missing key sets: private ones in one folder per service, public halves in one folder for all."""
    public = folder / "public"
    try:
        create_signing_keys(folder / "gateway" / "inside.json", public / "gateway.json")
        create_signing_keys(folder / "gateway" / "tokens.json", public / "tokens.json")
        create_signing_keys(folder / "permits" / "inside.json", public / "permits.json")
        create_signing_keys(folder / "notifications" / "webhooks.json", public / "webhooks.json")
        create_encryption_keys(folder / "notifications" / "secrets.json")
    except OSError as error:
        raise CommandError(
            f"The key sets cannot be written to {folder}: {error}. Name a folder that you may write."
        ) from None
    out.print(f"The key sets are in {folder}", markup=False)


def read_database_url(name: str, environ: Mapping[str, str]) -> URL:
    """Return the address of a database from a variable, or from the file that it names. Raise CommandError."""
    try:
        found = find_variable(name, environ)
    except InvalidSettings as error:
        raise CommandError(str(error)) from None
    if not found:
        raise CommandError(
            f"{name} is not set. Expected: postgresql+asyncpg://user:password@host:port/database, in {name}, or in a "
            f"file that {name}_FILE names."
        )
    try:
        return make_url(found)
    except ArgumentError:
        raise CommandError(
            f"{name} is not the address of a database. Expected: postgresql+asyncpg://user:password@host:port/database"
        ) from None


def _parse_server(url: URL) -> Server:
    host = url.host or str(url.query.get("host", "localhost"))
    port = int(url.port or str(url.query.get("port", "5432")))
    return Server(host, port, url.username or "postgres", url.password or "", url.database or "postgres")
