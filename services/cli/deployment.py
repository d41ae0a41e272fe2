"""A deployment's jobs: the databases and roles that its addresses name, its migrations, its key sets."""

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
    """Make each service's database and roles where they are missing, give the roles their passwords, and migrate.

    `<SERVICE>_SERVER_URL` enters as a superuser; `<SERVICE>_OWNER_URL` and `<SERVICE>_DATABASE_URL` say what is made.
    """
    for service in SERVICES:
        server = _read_database_url(f"{service.upper()}_SERVER_URL", environ)
        owner = _read_database_url(f"{service.upper()}_OWNER_URL", environ)
        runner = _read_database_url(f"{service.upper()}_DATABASE_URL", environ)
        for url, role in ((owner, f"{service}_owner"), (runner, f"{service}_runner")):
            if (url.username, url.database) != (role, owner.database) or not url.database:
                raise CommandError(f"The addresses of {service} must name one database, and {role} as its user.")
        with err.status(f"Making the {service} database ready…"):
            passwords = {str(url.username): str(url.password or "") for url in (owner, runner)}
            asyncio.run(create_database(_parse_server(server), service, str(owner.database), passwords))
    migrate_all(SERVICES, environ)


def migrate_all(services: tuple[str, ...], environ: Mapping[str, str] = os.environ) -> None:
    """Bring databases to their newest migration, as their owners."""
    for service in services:
        url = _read_database_url(f"{service.upper()}_OWNER_URL", environ)
        with err.status(f"Bringing the {service} database up to date…"):
            migrate(service, url.render_as_string(hide_password=False))
        out.print(f"{service}: up to date")


def make_key_sets(folder: Path) -> None:
    """Make the key sets that are missing: private ones a folder a service, the public halves in a folder for all."""
    public = folder / "public"
    try:
        create_signing_keys(folder / "gateway" / "inside.json", public / "gateway.json")
        create_signing_keys(folder / "gateway" / "tokens.json", public / "tokens.json")
        create_signing_keys(folder / "permits" / "inside.json", public / "permits.json")
        create_signing_keys(folder / "notifications" / "webhooks.json", public / "webhooks.json")
        create_encryption_keys(folder / "notifications" / "secrets.json")
    except OSError as error:
        raise CommandError(f"The key sets cannot be written to {folder}: {error}.") from None
    out.print(f"The key sets are in {folder}", markup=False)


def _read_database_url(name: str, environ: Mapping[str, str]) -> URL:
    try:
        found = find_variable(name, environ)
    except InvalidSettings as error:
        raise CommandError(str(error)) from None
    if not found:
        raise CommandError(
            f"Set {name}, or {name}_FILE to a file with it: postgresql+asyncpg://user:password@host/database"
        )
    try:
        return make_url(found)
    except ArgumentError:
        raise CommandError(
            f"{name} is no address; write postgresql+asyncpg://user:password@host:port/database"
        ) from None


def _parse_server(url: URL) -> Server:
    host = url.host or str(url.query.get("host", "localhost"))
    port = int(url.port or str(url.query.get("port", "5432")))
    return Server(host, port, url.username or "postgres", url.password or "", url.database or "postgres")
