"""`saola up`: the supervisor of a whole hub on one machine. It starts, restarts and stops all processes."""

import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import IO

from rich.console import Console
from rich.status import Status

from services.cli.child_process import ChildProcess, process_start_time, terminate_orphans
from services.cli.console import CommandError, saola_command, shorten_path
from services.cli.databases import Server
from services.cli.health_checks import is_ready
from services.cli.health_watch import CHECK_SECONDS
from services.cli.home import Home
from services.cli.log_lines import read_log_tail
from services.cli.ports import HIGHEST_PORT, free_ports, is_free
from services.cli.postgres import START_ERRORS, GuardedPostgres
from services.cli.private_files import open_null, open_private
from services.cli.process_environments import HOST, ServicePorts, environments, service_url
from shared import supervision

POLL_SECONDS = 0.1
START_SECONDS = 90.0
DRAIN_SECONDS = 30.0
MAX_EXITS_AT_START = 3
DATABASE = "database"
RECORD_RETRY_SECONDS = 1.0
ROTATION_SECONDS = 60.0


class Stopped(Exception):
    """A signal asked for the end while the hub was starting."""


class Supervisor:
    """A hub on one machine, from its start to its end."""

    def __init__(self, home: Home, port: int, console: Console, *, check_seconds: float = CHECK_SECONDS) -> None:
        self.home, self.console = home, console
        self._check_seconds = check_seconds
        self.url = service_url(port)
        self._port = port
        self._database = GuardedPostgres(home.database_folder)
        self._children: dict[str, ChildProcess] = {}
        self._stop = threading.Event()
        self._stop_immediately = False
        self._recorded_pids: dict[str, int | None] = {}
        self._record_at, self._is_run_recorded = 0.0, True
        self._logs_rotated_at = 0.0

    def run(self, on_ready: Callable[[float], None]) -> None:
        """Start the hub, call `on_ready` with the seconds that this took, and supervise it until a signal ends it."""
        began = time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        supervision.exit_with_supervisor()
        with self.home.lock():
            try:
                self._start()
                on_ready(time.monotonic() - began)
                while not self._stop.wait(POLL_SECONDS):
                    self._supervise()
            except Stopped:
                pass
            finally:
                self._stop_all()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_immediately = self._stop.is_set()
        self._stop.set()

    # Starting

    def _start(self) -> None:
        with self.console.status("Starting PostgreSQL…") as status:
            self._terminate_orphans()
            self._require_free_port()
            self.home.create()
            server = self._start_database(status)
            status.update("Migrating the databases…")
            self._prepare_databases(server)
            status.update("Starting the services…")
            self._create_children(server)
            self._start_children()

    def _terminate_orphans(self) -> None:
        """End processes that a killed hub left behind. The start of the database stops a left-behind database."""
        orphans = self.home.read_run_file().get("processes", {})
        terminate_orphans({int(p["pid"]): float(p["born"]) for name, p in orphans.items() if name != DATABASE})

    def _require_free_port(self) -> None:
        if not is_free(self._port, HOST):
            other = next((port for port in range(self._port + 1, HIGHEST_PORT + 1) if is_free(port, HOST)), 8001)
            home = shlex.quote(shorten_path(self.home.folder))
            home_option = "" if home == "var" else f" --home {home}"
            raise CommandError(
                f"Another program uses port {self._port} on {HOST}. Stop it, or choose another port: "
                f"{saola_command()} up --port {other}{home_option}"
            )

    def _start_database(self, status: Status) -> Server:
        def show(message: str) -> None:
            if self._stop.is_set():
                raise Stopped
            if message and message != status.status:
                status.update(message)
                self._report(message)

        try:
            return self._database.start(show)
        except START_ERRORS as error:
            raise CommandError(f"The embedded PostgreSQL does not start: {error}") from None

    def _prepare_databases(self, server: Server) -> None:
        command = [sys.executable, "-P", "-m", "services.cli.prepare", server.host]
        with self._open_prepare_log() as log, _start_logged(command, log) as process:
            while process.poll() is None:
                if self._stop.wait(POLL_SECONDS):
                    process.terminate()
        if self._stop.is_set():
            raise Stopped
        if process.returncode:
            end = read_log_tail(self.home.log_file("prepare"), lines=3)
            raise CommandError(
                f"The migration of the databases failed. The end of {self.home.log_file('prepare')}:\n{end}"
            )

    def _open_prepare_log(self) -> IO[bytes]:
        try:
            return open_private(self.home.log_file("prepare"))
        except OSError as error:
            self._report(f"The migration of the databases runs without a log: {error}.")
            return open_null()

    def _create_children(self, server: Server) -> None:
        permits, notifications = free_ports(2, exclude=self._port)
        self._ports = ServicePorts(self._port, permits, notifications)
        for name, environment in environments(self.home, server, self._ports).items():
            self._children[name] = ChildProcess(
                name, environment, self.home.log_file(name), check_seconds=self._check_seconds
            )

    def _start_children(self) -> None:
        *inner, gateway = self._children.values()
        for child in inner:
            child.start()
        self._wait_until_ready([self._ports.permits, self._ports.notifications])
        gateway.start()
        self._wait_until_ready([self._ports.gateway])

    def _wait_until_ready(self, ports: Sequence[int]) -> None:
        deadline, waiting = time.monotonic() + START_SECONDS, list(ports)
        while waiting:
            if self._stop.wait(POLL_SECONDS):
                raise Stopped
            self._supervise()
            waiting = [port for port in waiting if not is_ready(port)]
            failing = next((c for c in self._children.values() if c.consecutive_exits >= MAX_EXITS_AT_START), None)
            if failing is not None or time.monotonic() > deadline:
                raise CommandError(self._start_failure_message(failing))

    def _start_failure_message(self, failing: ChildProcess | None) -> str:
        if failing is None:
            return (
                f"The services were not ready after {START_SECONDS:.0f} s. See their logs: {self.home.folder / 'logs'}"
            )
        return f"{failing.name} does not start. The end of {failing.log}:\n{failing.log_tail()}"

    # Supervising

    def _supervise(self) -> None:
        messages = [self._database.restart_if_ended()]
        for child in self._children.values():
            messages += [child.end_if_stuck(), child.restart_if_exited(), child.pop_log_message()]
        for message in messages:
            if message:
                self._report(message)
        self._record_run()
        if time.monotonic() - self._logs_rotated_at > ROTATION_SECONDS:
            self._logs_rotated_at = time.monotonic()
            for child in self._children.values():
                child.rotate_log()

    def _report(self, message: str) -> None:
        with suppress(OSError):  # a full disk must not stop the supervisor
            self.console.print(f"{time.strftime('%H:%M:%S')}  {message}", markup=False)

    def _record_run(self) -> None:
        pids = {child.name: child.pid for child in self._children.values()} | {DATABASE: self._database.pid}
        if pids == self._recorded_pids or time.monotonic() < self._record_at:
            return
        running = {name: {"pid": pid, "born": process_start_time(pid)} for name, pid in pids.items() if pid is not None}
        try:
            self.home.write_run_file(self._ports.urls(), running)
        except OSError as error:  # a full disk must not stop the supervisor
            self._record_at = time.monotonic() + RECORD_RETRY_SECONDS
            if self._is_run_recorded:
                self._report(f"{self.home.run_file} cannot be written: {error}. The hub repeats this every second.")
            self._is_run_recorded = False
        else:
            self._recorded_pids, self._is_run_recorded = pids, True

    # Ending

    def _stop_all(self) -> None:
        """Stop the gateway first, so that the hub accepts nothing more, and the database last."""
        with self.console.status("Stopping…"):
            self._stop_children([self._children[name] for name in ("gateway",) if name in self._children])
            self._stop_children([child for name, child in self._children.items() if name != "gateway"])
            self._database.stop()
            with suppress(OSError):
                self.home.run_file.unlink()

    def _stop_children(self, children: Sequence[ChildProcess]) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS + 2
        for child in children:
            child.terminate()
        while not all(child.wait(time.monotonic() + POLL_SECONDS) for child in children):
            if self._stop_immediately or time.monotonic() > deadline:
                for child in children:
                    child.kill()


def _start_logged(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
